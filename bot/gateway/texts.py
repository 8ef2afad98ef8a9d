"""The gateway's sentences, from `texts.yml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from common.messages import Button, Reply, Status

__all__ = ["greeting", "problem", "say"]


@cache
def _catalogue() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "texts.yml").read_text("utf-8"))
    return loaded


def say(key: str, **values: Any) -> str:
    """The sentence `key` with its values filled in. Raises KeyError for an unknown key."""
    return str(_catalogue()[key]).format(**values)


def problem(key: str, **values: Any) -> str:
    """The sentence of an HTTP error."""
    return str(_catalogue()["problems"][key]).format(**values)


def greeting(province: str) -> list[Reply]:
    """What a new conversation opens with; says that an automatic assistant speaks (Law 134/2025/QH15, art. 11)."""
    return [
        Reply(
            text=item["text"].format(province=province),
            status=Status.CONTROL,
            buttons=[Button(**button) for button in item.get("buttons", [])],
        )
        for item in _catalogue()["greeting"]
    ]
