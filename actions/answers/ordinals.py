"""Which place of a list a text says: "cái thứ hai", "dòng cuối", "lấy số 3"."""

from __future__ import annotations

import re

from actions.answers.words import fold

__all__ = ["nth"]

_ORDINALS = {
    "nhat": 1,
    "dau": 1,
    "dau tien": 1,
    "mot": 1,
    "hai": 2,
    "nhi": 2,
    "ba": 3,
    "tu": 4,
    "bon": 4,
    "nam": 5,
}
_NTH = re.compile(
    r"\b(?:cai|so|thu|muc|dong|y|truong hop|lua chon|phuong an|chon|lay)?\s*(?:cai|so|thu)?\s*"
    r"(?P<which>\d|nhat|dau tien|dau|mot|hai|ba|tu|bon|nam)\b"
)
_LAST = re.compile(r"\b(?:cuoi|cuoi cung|duoi cung|chot|sau cung)\b")
_FIRST = re.compile(r"\b(?:tren cung|dau tien)\b")
_MIDDLE = re.compile(r"\bo giua\b")


def nth(text: str, entity: str | None, count: int) -> int | None:
    """Which of `count` offered things is meant, 0-based; None when the text doesn't say or says too many."""
    folded = fold(entity) if entity else fold(text)
    if entity == "last" or _LAST.search(folded):
        return count - 1 if count else None
    if _FIRST.search(folded):
        return 0 if count else None
    if _MIDDLE.search(folded):
        return count // 2 if count % 2 else None
    found = list(_NTH.finditer(folded))
    if not found:
        return None
    which = found[-1].group("which")
    number = int(which) if which.isdigit() else _ORDINALS[which]
    return number - 1 if 1 <= number <= count else None
