"""Vietnamese letters: tone marks, vowel shapes, and text without them."""

from __future__ import annotations

import unicodedata

__all__ = ["ACUTE", "DOT", "GRAVE", "HOOK", "LEVEL", "TILDE", "VOWELS", "add_tone", "split_tone", "strip_diacritics"]

LEVEL, GRAVE, ACUTE, HOOK, TILDE, DOT = range(6)
"""The six tones: ngang, huyền, sắc, hỏi, ngã, nặng."""

_ROWS = (
    "aàáảãạ",
    "ăằắẳẵặ",
    "âầấẩẫậ",
    "eèéẻẽẹ",
    "êềếểễệ",
    "iìíỉĩị",
    "oòóỏõọ",
    "ôồốổỗộ",
    "ơờớởỡợ",
    "uùúủũụ",
    "ưừứửữự",
    "yỳýỷỹỵ",
)
_ALL_ROWS = _ROWS + tuple(row.upper() for row in _ROWS)
_TONE_OF = {letter: (row[0], tone) for row in _ALL_ROWS for tone, letter in enumerate(row)}
_WITH_TONE = {(row[0], tone): letter for row in _ALL_ROWS for tone, letter in enumerate(row)}
VOWELS = frozenset("".join(_ALL_ROWS))

_PLAIN = {"ă": "a", "â": "a", "ê": "e", "ô": "o", "ơ": "o", "ư": "u", "đ": "d"}
_PLAIN.update({key.upper(): value.upper() for key, value in _PLAIN.items()})
_STRIP = {ord(letter): _PLAIN.get(base, base) for letter, (base, _) in _TONE_OF.items()}
_STRIP.update({ord("đ"): "d", ord("Đ"): "D"})


def strip_diacritics(text: str) -> str:
    """`text` with plain Latin letters ("đường" → "duong"); other scripts and the case stay as they are.

    Composed Vietnamese keeps its length, so positions in the result are positions in the argument.
    """
    stripped = text.translate(_STRIP)
    if stripped.isascii():
        return stripped
    decomposed = unicodedata.normalize("NFD", stripped)
    kept = "".join(char for char in decomposed if not "\u0300" <= char <= "\u036f").translate(_STRIP)
    return unicodedata.normalize("NFC", kept)


def split_tone(word: str) -> tuple[str, int]:
    """`word` (NFC) without its tone mark, and the tone (the last one found; `LEVEL` when there is none)."""
    tone = LEVEL
    letters = []
    for char in word:
        base, found = _TONE_OF.get(char, (char, LEVEL))
        letters.append(base)
        tone = found or tone
    return "".join(letters), tone


def add_tone(letter: str, tone: int) -> str:
    """The vowel `letter` (without tone) under `tone`; KeyError when it is no Vietnamese vowel."""
    return _WITH_TONE[letter, tone]
