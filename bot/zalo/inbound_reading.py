"""What an event carries, read from a body that nobody promised the shape of."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import PurePosixPath

from bot.zalo.events import text_of
from bot.zalo.model import Event

__all__ = ["Media", "location", "media", "phone", "words"]

_LINES = "\n\t"
_DIGITS = re.compile(r"(?:\+?84|0)?(\d{9})")


@dataclass(frozen=True)
class Media:
    """One picture or file: where it lies, what it is called, and its MD5 where the platform gives one."""

    url: str
    name: str
    md5: str = ""


def words(event: Event) -> str:
    """The text of a message: NFC, without control characters, trimmed. What a leading slash may mean is the gateway's
    business: it never names an intent."""
    text = unicodedata.normalize("NFC", text_of(event.message, "text"))
    kept = (mark for mark in text if mark in _LINES or unicodedata.category(mark) not in ("Cc", "Cs"))
    return "".join(kept).strip()


def media(event: Event) -> list[Media]:
    """The pictures and files of a message."""
    return [
        Media(url, _file_name(text_of(payload, "name")), text_of(payload, "checksum"))
        for payload in _payloads(event) if (url := text_of(payload, "url"))
    ]


def location(event: Event) -> tuple[float, float] | None:
    """Latitude and longitude in degrees: text or numbers; None where they can't be read."""
    for payload in _payloads(event):
        spots = payload.get("coordinates")
        found = [_degrees(text_of(spots, name), most) for name, most in (("latitude", 90), ("longitude", 180))]
        if found[0] is not None and found[1] is not None:
            return found[0], found[1]
    return None


def phone(event: Event) -> str:
    """The telephone number that somebody shared, as people write it (0912345678); "" for none."""
    info = event.body.get("info")
    shared = re.sub(r"[\s.()-]", "", text_of(info, "phone"))
    match = _DIGITS.fullmatch(shared)
    return f"0{match[1]}" if match else ""


def _payloads(event: Event) -> Iterator[dict[str, object]]:
    attachments = event.message.get("attachments")
    for attachment in attachments if isinstance(attachments, list) else []:
        payload = attachment.get("payload") if isinstance(attachment, dict) else None
        if isinstance(payload, dict):
            yield payload


def _file_name(given: str) -> str:
    """The last part of a name, without anything that isn't written in names."""
    shown = "".join(mark for mark in given if unicodedata.category(mark)[0] not in "CZ" or mark == " ")
    return PurePosixPath(shown.replace("\\", "/")).name.strip()[:120]


def _degrees(text: str, most: float) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if isfinite(value) and abs(value) <= most else None
