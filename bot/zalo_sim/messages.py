"""What a consultation message may hold: the platform's rules about its `message` object, as a pure function."""

from __future__ import annotations

import time
import unicodedata
from typing import Any
from urllib.parse import urlsplit

from bot.zalo_sim.faults import Faults
from bot.zalo_sim.world import Bubble, Upload

__all__ = ["LONGEST", "Refused", "read_message"]

LONGEST = 2000
_MOST_BUTTONS, _LONGEST_TITLE, _LONGEST_PAYLOAD = 5, 100, 1000
_INFO_TITLE, _INFO_SUBTITLE = 100, 500


class Refused(Exception):
    """The platform says no: HTTP 200 with `error` other than 0."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


def read_message(user_id: str, message: Any, faults: Faults, uploads: dict[str, Upload]) -> Bubble:
    """The bubble that the phone shows. Raises Refused with the code that a live OA answers."""
    if not isinstance(message, dict) or not message:
        raise Refused(-201, "Parameter is invalid: message")
    text = message.get("text", "")
    if not isinstance(text, str):
        raise Refused(-201, "Parameter is invalid: text")
    if len(unicodedata.normalize("NFC", text)) > LONGEST:
        raise Refused(-210, f"Parameter exceeds limit: text {LONGEST}")
    attachment = message.get("attachment")
    if attachment is None:
        if not text.strip():
            raise Refused(-201, "Parameter is invalid: text")
        return Bubble(user_id=user_id, author="oa", text=text)
    payload = attachment.get("payload") if isinstance(attachment, dict) else None
    if not isinstance(payload, dict):
        raise Refused(-201, "Parameter is invalid: attachment.payload")
    if attachment.get("type") == "file":
        return _file(user_id, text, payload, faults, uploads)
    if attachment.get("type") != "template":
        raise Refused(-201, "Parameter is invalid: attachment.type")
    kind = payload.get("template_type", "")
    if kind == "media":
        return _media(user_id, text, payload, faults, uploads)
    if kind == "request_user_info":
        return _info(user_id, payload)
    if kind in ("", "button"):
        return _buttons(user_id, text, payload, faults)
    raise Refused(-233, "Message type is not supported")


def _file(user_id: str, text: str, payload: dict[str, Any], faults: Faults, uploads: dict[str, Upload]) -> Bubble:
    if text:
        raise Refused(-201, "Parameter is invalid: text is not allowed with a file")
    upload = _uploaded(payload.get("token"), "file", faults, uploads)
    return Bubble(user_id=user_id, author="oa", kind="file", content={"url": upload.path, "name": upload.name})


def _media(user_id: str, text: str, payload: dict[str, Any], faults: Faults, uploads: dict[str, Upload]) -> Bubble:
    element = _only(payload)
    kind, by_id, url = element.get("media_type"), element.get("attachment_id"), element.get("url")
    if kind not in ("image", "gif", "sticker") or bool(by_id) == bool(url) or "buttons" in payload:
        raise Refused(-201, "Parameter is invalid: elements")
    if kind == "sticker":
        if text or not isinstance(by_id, str):
            raise Refused(-201, "Parameter is invalid: sticker")
        return Bubble(user_id=user_id, author="oa", kind="sticker", content={"id": by_id})
    if kind == "gif" and not (_number(element.get("width")) and _number(element.get("height"))):
        raise Refused(-201, "Parameter is invalid: width, height")
    if by_id:
        url = _uploaded(by_id, kind, faults, uploads).path
    elif not _web(url):
        raise Refused(-201, "Parameter is invalid: url")
    return Bubble(user_id=user_id, author="oa", kind=str(kind), text=text, content={"url": url})


def _info(user_id: str, payload: dict[str, Any]) -> Bubble:
    element = _only(payload)
    title, subtitle = element.get("title"), element.get("subtitle")
    if not _words(title, _INFO_TITLE) or not _words(subtitle, _INFO_SUBTITLE):
        raise Refused(-201, "Parameter is invalid: title, subtitle")
    image = element.get("image_url", "")
    if image and not _web(image):
        raise Refused(-201, "Parameter is invalid: image_url")
    return Bubble(
        user_id=user_id, author="oa", kind="info", text=str(subtitle), content={"title": title, "image": image})


def _buttons(user_id: str, text: str, payload: dict[str, Any], faults: Faults) -> Bubble:
    buttons = payload.get("buttons")
    if not faults.buttons:
        raise Refused(-233, "Message type is not supported")
    if not text.strip() or not isinstance(buttons, list) or not 1 <= len(buttons) <= _MOST_BUTTONS:
        raise Refused(-201, "Parameter is invalid: buttons")
    return Bubble(
        user_id=user_id, author="oa", kind="buttons", text=text, content={"buttons": [_button(one) for one in buttons]})


def _button(given: Any) -> dict[str, str]:
    """Title, type and one value. Raises Refused."""
    if not isinstance(given, dict) or not _words(given.get("title"), _LONGEST_TITLE):
        raise Refused(-201, "Parameter is invalid: buttons.title")
    kind, payload = given.get("type"), given.get("payload")
    field = {"oa.open.url": "url", "oa.open.phone": "phone_code", "oa.open.sms": "phone_code"}.get(str(kind), "")
    if kind in ("oa.query.show", "oa.query.hide"):
        value = payload
    elif field and isinstance(payload, dict):
        value = payload.get(field)
        if field == "url" and not _web(value):
            value = None
    else:
        value = None
    if not _words(value, _LONGEST_PAYLOAD):
        raise Refused(-201, "Parameter is invalid: buttons.payload")
    return {"title": str(given["title"]), "type": str(kind), "value": str(value)}


def _uploaded(reference: Any, kind: str, faults: Faults, uploads: dict[str, Upload]) -> Upload:
    upload = uploads.get(reference) if isinstance(reference, str) else None
    if upload is None or upload.kind != kind:
        raise Refused(-201, "Parameter is invalid: attachment")
    if faults.uploads_expire or upload.until < time.time():
        raise Refused(-100, "Attachment is expired")
    return upload


def _only(payload: dict[str, Any]) -> dict[str, Any]:
    elements = payload.get("elements")
    if not isinstance(elements, list) or len(elements) != 1 or not isinstance(elements[0], dict):
        raise Refused(-201, "Parameter is invalid: elements")
    return elements[0]


def _words(value: Any, longest: int) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= longest


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _web(url: Any) -> bool:
    try:
        return isinstance(url, str) and urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False
