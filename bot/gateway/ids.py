"""Message ids that sort by time: 48 bits of milliseconds, 80 random bits, Crockford base 32 (the ULID layout)."""

from __future__ import annotations

import secrets
import time

__all__ = ["next_id"]

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 26


def next_id(last: str = "") -> str:
    """A fresh 26-character id that sorts after `last`, even where the clock stood still or went back."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    if last:
        value = max(value, _decode(last) + 1)
    return _encode(value)


def _encode(value: int) -> str:
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))


def _decode(text: str) -> int:
    value = 0
    for character in text:
        value = value << 5 | _ALPHABET.index(character)
    return value
