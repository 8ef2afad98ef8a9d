"""Long texts cut where a reader would pause: between paragraphs, lines, sentences, words."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["numbered", "split"]

# Where a cut may be, the best first. A cut that leaves less than a third of the room used is no good one.
_PAUSES = (
    re.compile(r"(?=\n\n)"), re.compile(r"(?=\n)"), re.compile(r"[.!?…;][\"”»)]*(?=\s)"), re.compile(r"(?=\s)"),
)
_LEAST = 1 / 3
# "(12/34) " and more.
_MARK = 12
_JOINERS = {"\u200d", "\ufe0f", "\u20e3"}


def split(text: str, limit: int) -> list[str]:
    """Parts of at most `limit` characters each; together they hold every character but the blanks at the cuts."""
    parts, rest = [], text.strip()
    while len(rest) > limit:
        cut = _cut(rest, limit)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest else parts


def numbered(text: str, limit: int) -> list[str]:
    """As `split`, several parts marked "(1/3)"."""
    if len(text.strip()) <= limit:
        return split(text, limit)
    parts = split(text, limit - _MARK)
    return [f"({place}/{len(parts)}) {part}" for place, part in enumerate(parts, 1)]


def _cut(text: str, limit: int) -> int:
    window = text[: limit + 1]
    for pause in _PAUSES:
        found = [match.end() for match in pause.finditer(window) if limit * _LEAST < match.end() <= limit]
        if found:
            return found[-1]
    cut = limit
    while cut > 1 and (unicodedata.combining(text[cut]) or text[cut] in _JOINERS or text[cut - 1] == "\u200d"):
        cut -= 1
    return cut
