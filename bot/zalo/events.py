"""Events of the webhook, read leniently: unknown fields are left alone, missing or odd ones are empty."""

from __future__ import annotations

import hashlib
import json
import re
from enum import Enum
from typing import Any

from bot.zalo.model import Event

__all__ = [
    "ECHOES", "ENTRIES", "MEDIA", "RECEIPTS", "SIGNALS", "TEMPLATES", "WANTED", "WORDLESS", "Refusal", "key_of",
    "load", "read", "text_of",
]

# SPEC 4.2, by what we do with them.
MEDIA = frozenset({"user_send_image", "user_send_gif", "user_send_file"})
WORDLESS = frozenset({
    "user_send_link", "user_send_audio", "user_send_video", "user_send_sticker", "user_send_business_card"})
ENTRIES = frozenset({"follow", "user_click_chatnow"})
RECEIPTS = frozenset({"user_received_message", "user_seen_message"})
ECHOES = frozenset({
    "oa_send_text", "oa_send_image", "oa_send_gif", "oa_send_list", "oa_send_file", "oa_send_sticker",
    "oa_send_template"})
TEMPLATES = frozenset({"change_template_status", "change_template_quality", "change_oa_daily_quota"})
_TALK = MEDIA | WORDLESS | ENTRIES | {
    "user_send_text", "user_send_location", "unfollow", "user_submit_info", "user_withdraw"}
# Worked off beside the conversations: they answer nothing and need no order among the citizen's messages.
SIGNALS = RECEIPTS | ECHOES | TEMPLATES
WANTED = _TALK | SIGNALS

_NAME = re.compile(r"[a-z0-9_]{1,64}")
_MESSAGE = re.compile(r"[!-~]{1,64}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_MILLISECONDS = re.compile(r"[0-9]{1,14}")


class Refusal(Enum):
    """Why an event is answered with 200 and left."""

    MALFORMED = "malformed"
    UNWANTED = "unwanted"
    FOREIGN = "foreign"


def load(raw: bytes) -> dict[str, Any] | None:
    """The body's object, or None. Numbers stay the text that stands there: ids never pass through a float [H]."""
    try:
        body = json.loads(raw.decode("utf-8-sig"), parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def read(body: dict[str, Any], *, oa_id: str, app_id: str) -> Event | Refusal:
    """The event of an object, if it concerns our OA and we do something with it."""
    name = text_of(body, "event_name")
    if not _NAME.fullmatch(name):
        return Refusal.MALFORMED
    sender, recipient = text_of(body, "sender", "id"), text_of(body, "recipient", "id")
    named = text_of(body, "oa_id") or text_of(body, "oaId")
    parties = [party for party in (sender, recipient) if party]
    if text_of(body, "app_id") not in ("", app_id) or (named or oa_id) != oa_id or (
        parties and not named and oa_id not in parties
    ):
        return Refusal.FOREIGN
    if name not in WANTED:
        return Refusal.UNWANTED
    # Who wrote comes from the sender of the signed event alone; in receipts and echoes the OA may stand on either side.
    if name.startswith("user_send_"):
        subject = sender if sender != oa_id else ""
    else:
        subject = next((party for party in parties if party != oa_id), "")
        subject = subject or text_of(body, "follower", "id") or text_of(body, "user_id")
    if not _ID.fullmatch(subject):
        if name in _TALK:
            return Refusal.MALFORMED
        subject = ""  # a receipt of a template message names a telephone number or its digest
    sent, message = text_of(body, "timestamp"), body.get("message")
    return Event(
        name=name,
        key=key_of(body, name, oa_id, subject),
        subject=subject,
        oa_id=oa_id,
        sent_ms=int(sent) if _MILLISECONDS.fullmatch(sent) else 0,
        msg_id=_proper(_MESSAGE, text_of(body, "message", "msg_id")),
        admin_id=_proper(_ID, text_of(body, "sender", "admin_id")),
        message=message if isinstance(message, dict) else {},
        body=body,
    )


def key_of(body: dict[str, Any], name: str, oa_id: str, subject: str) -> str:
    """What repeats are known by: the message's id with the event's name (a receipt repeats the id of our message), or
    name, time, OA and subject; 64 hex digits."""
    message = text_of(body, "message", "msg_id")
    parts = [message, name] if message else [name, text_of(body, "timestamp"), oa_id, subject]
    return hashlib.sha256("|".join(parts).encode("utf-8", "replace")).hexdigest()


def _proper(shape: re.Pattern[str], text: str) -> str:
    return text if shape.fullmatch(text) else ""


def text_of(body: Any, *path: str) -> str:
    """The text or number at `path`, as text; "" for anything else. `load` left numbers as text already."""
    for part in path:
        body = body.get(part) if isinstance(body, dict) else None
    return body if isinstance(body, str) else ""
