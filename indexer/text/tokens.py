"""Cutting text into syllables, numbers and identifiers; nothing here changes a letter."""

from __future__ import annotations

import re
from functools import lru_cache

from indexer.text.alphabet import strip_diacritics
from indexer.text.syllable import is_plain_syllable

__all__ = ["DOSSIER_CODE", "PROCEDURE_CODE", "PROTECTED", "WORD", "has_diacritics", "syllables"]

DOSSIER_CODE = r"(?:\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2,3}|[A-Z]\d{2,3}(?:\.\d{1,3}){0,3})-\d{6}-\d{4,6}"
"""Circular 01/2018/TT-VPCP article 19, and the shorter agency form in use since Decision 20/2020/QĐ-TTg."""
PROCEDURE_CODE = r"\d\.\d{6}(?:\.\d{2,3}(?:\.\d{2}\.\d{2}\.[A-Z]\d{2,3})?)?"
"""The national procedure code, with a local or sub-case suffix if there is one."""

_URL = r"(?:https?://|www\.)[^\s<>\"]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b[\w-]+(?:\.[\w-]+)*\.(?:gov\.vn|com\.vn|com|vn)\b"
_DOCUMENT_NUMBER = r"\d{1,5}/(?:\d{4}/)?[A-ZĐ][A-ZĐ0-9]*(?:-[A-ZĐ0-9]+)+|\d{1,5}/\d{4}/(?:QH\d+|[A-ZĐ]{2,})"
_DATE = r"\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?"
_NUMBER = r"\d+(?:[.,:]\d+)*"
_EDGE, _NO_MORE = r"(?<![\w])", r"(?![\w])"

PROTECTED = re.compile(
    rf"{_URL}|{_EDGE}(?:{DOSSIER_CODE}|{PROCEDURE_CODE}|{_DOCUMENT_NUMBER}|{_DATE}|{_NUMBER}){_NO_MORE}",
    re.IGNORECASE,
)
"""Addresses, codes, dates and numbers: spans that the normaliser never rewrites."""
WORD = re.compile(r"[^\W_]+")
"""A run of letters and digits."""
_TOKEN = re.compile(f"{PROTECTED.pattern}|{WORD.pattern}", re.IGNORECASE)


def syllables(text: str) -> list[str]:
    """The lower-case tokens of `text`: syllables, numbers, and identifiers kept whole (1.001193, H49-260101-0001)."""
    return [match.group().lower() for match in _TOKEN.finditer(text)]


@lru_cache(maxsize=8192)
def _marked(word: str) -> tuple[bool, bool]:
    """Whether `word` looks Vietnamese, and whether it carries a mark."""
    plain = strip_diacritics(word)
    return is_plain_syllable(plain), plain != word


def has_diacritics(text: str, least: float = 0.3) -> bool:
    """Whether `text` was typed with diacritics: at least `least` of its syllables carry a mark.

    In official Vietnamese about three syllables in four do; a few marked ones among many bare ones come from
    autocorrection or from expanded abbreviations, so each syllable is then decided on its own (see `restore`).
    """
    looks = [_marked(match.group().lower()) for match in WORD.finditer(text)]
    vietnamese = sum(1 for plausible, _ in looks if plausible)
    marked = sum(1 for plausible, with_mark in looks if plausible and with_mark)
    return vietnamese > 0 and marked >= least * vietnamese
