"""The editor's buttons that change lists: `add:documents`, `remove:steps:2`, `up:fee:1`, `down:fee:0`."""

from __future__ import annotations

from typing import Any

from bot.console.guides.fields import all_fields
from common.errors import InvalidInput

__all__ = ["moved"]


def moved(payload: dict[str, Any], do: str) -> tuple[dict[str, Any], str]:
    """The draft after the button, and the name of the row to show. Raises InvalidInput for no such button."""
    act, _, rest = do.partition(":")
    name, _, place = rest.partition(":")
    one = all_fields().get(name)
    if one is None or not one.listed or act not in ("add", "remove", "up", "down"):
        raise InvalidInput("Không có nút này.")
    items = list(payload.get(name, []))
    index = int(place) if place.isdigit() else len(items)
    if act == "add":
        items.append("" if one.kind == "items" else {})
        index = len(items) - 1
    elif index < len(items):
        item = items.pop(index)
        if act != "remove":
            index = max(0, index - 1) if act == "up" else min(len(items), index + 1)
            items.insert(index, item)
    changed = {**payload, name: items}
    if not items:
        del changed[name]
    return changed, f"{name}-{min(index, len(items) - 1)}" if items else name

