"""An e-form's card for a phone: where the citizen stands, one question, and no personal value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actions.messages import Messages

__all__ = ["form_text", "is_choice"]

_CHOICE = "/inform_field"


def form_text(
    text: str, form: Mapping[str, Any], buttons: Sequence[Mapping[str, Any]], texts: Messages
) -> str:
    """The question under its step. A review's values are not sent (VIETNAM.md 12.6: Zalo keeps what it carries);
    its own page shows them."""
    title, step, total = form.get("title"), form.get("step"), form.get("total")
    said = [texts.render("form.step", title=title, step=step, total=total)] if title and step and total else []
    said.append(text)
    if form.get("sealed"):
        page = next((str(button["url"]) for button in buttons if button.get("url")), "")
        said.append(texts.render("form.sealed", url=page))
    return "\n\n".join(part for part in said if part)


def is_choice(button: Mapping[str, Any]) -> bool:
    """Whether a button answers the form's question; the others steer the form."""
    return str(button.get("payload") or "").startswith(_CHOICE)
