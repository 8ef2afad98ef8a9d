"""Asking for a telephone number by the platform's own card, so that nobody has to type it (SPEC 5.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actions.messages import Messages

__all__ = ["CARD", "asks_for_phone", "request_info"]

CARD = "/channels/zalo/card.png"
"""Where the card's picture is served (`bot.channels.zalo_card`)."""

_DECLINE = "/desk_decline"


def asks_for_phone(message: Mapping[str, Any]) -> bool:
    """Whether the desk's question for a telephone number stands in the message: declining is all it offers."""
    payloads = [button.get("payload") for button in message.get("buttons") or ()]
    return payloads == [_DECLINE]


def request_info(texts: Messages, image_url: str = "") -> dict[str, Any]:
    """The platform's `message` object; it says what the number is for, and that it may be refused."""
    element = {"title": texts.render("info.title"), "subtitle": texts.render("info.subtitle")}
    if image_url:
        element["image_url"] = image_url
    return {"attachment": {"type": "template", "payload": {
        "template_type": "request_user_info", "elements": [element]}}}
