"""Whether a citizen's text is a bare greeting, with or without diacritics: "xin chào em", "alo", "chao ad"."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["is_greeting"]

_HELLO = frozenset({"chao", "alo", "oi", "hello", "helo", "hi", "hey"})
# What may stand beside it: who is greeted, who greets, and particles.
_WORDS = (
    "xin kinh gui em anh chi co chu bac cau ban cac ad admin shop isee tro ly can bo moi nguoi toi minh chau con a lo"
    " nhe nha ne day da vang voi")
_ALLOWED = _HELLO | frozenset(_WORDS.split())
_MOST_WORDS = 7


def is_greeting(text: str) -> bool:
    """Nothing but a greeting: "chào em, cho hỏi …" is none."""
    spread = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    letters = "".join(char for char in spread if not unicodedata.combining(char))
    words = re.sub(r"[^\w\s]", " ", letters).replace("a lo", "alo").split()
    return 0 < len(words) <= _MOST_WORDS and not _HELLO.isdisjoint(words) and set(words) <= _ALLOWED
