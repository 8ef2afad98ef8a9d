"""Dates as citizens write them: 5/3/2024, 05-03-24, "ngày 5 tháng 3 năm 2024", hôm qua."""

from __future__ import annotations

import re
from datetime import date, timedelta

from common.identifier_patterns import folded

__all__ = ["age_on", "parse_date"]

# Day words, folded; the longest first so that "hom kia" is not read as "hom".
_RELATIVE = {"hom nay": 0, "bua nay": 0, "nay": 0, "hom qua": -1, "bua qua": -1, "hom kia": -2, "ngay mai": 1, "mai": 1}
_MONTHS = {word: number for number, word in enumerate(
    ("gieng", "hai", "ba", "tu", "nam", "sau", "bay", "tam", "chin", "muoi", "muoi mot", "chap"), start=1)}
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})\s*[-/.,\s]\s*(\d{1,2})\s*[-/.,\s]\s*(\d{4}|\d{2})(?!\d)")
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_PACKED = re.compile(r"(?<!\d)(\d{2})(\d{2})((?:19|20)\d{2})(?!\d)")
_WORDS = re.compile(
    r"(?:ngay|mung|mong|hom)?\s*(\d{1,2})\s*(?:thang|th|t)\s*\.?\s*(\d{1,2}|[a-z]+(?: mot)?)"
    r"(?:\s*(?:nam|,|/)?\s*(\d{4}|\d{2})|\s*(nam nay|nam ngoai|nam truoc))?(?!\d)")


def parse_date(text: str, today: date) -> date | None:
    """The date that `text` names, or None. Two-digit years lie in the hundred years up to `today`.

    A day and month without year mean the latest such date that is not after `today`.
    """
    plain = " ".join(folded(text)[0].lower().split())
    for pattern, order in ((_ISO, (1, 2, 3)), (_NUMERIC, (3, 2, 1)), (_PACKED, (3, 2, 1))):
        match = pattern.search(plain)
        if match:
            year, month, day = (match.group(index) for index in order)
            return _date(_year(year, today), int(month), int(day))
    match = _WORDS.search(plain)
    if match:
        return _worded(match, today)
    match = re.search(r"(?:^|\s)(?:ngay\s*)?(\d{1,2})\s*[/.-]\s*(\d{1,2})(?:\s|$)", plain)
    if match:
        return _latest(int(match[2]), int(match[1]), today)
    for word, days in _RELATIVE.items():
        if re.fullmatch(rf"(?:(?:e|em|be|chau|con|sinh|de|tu|vao|ngay|moi)\s+)*{word}(?:\s+(?:a|em|nhe|roi))*", plain):
            return today + timedelta(days=days)
    return None


def age_on(born: date, today: date) -> int:
    """Full years between `born` and `today`."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _worded(match: re.Match[str], today: date) -> date | None:
    month = int(match[2]) if match[2].isdigit() else _MONTHS.get(match[2], 0)
    if match[4]:
        year = today.year if match[4] == "nam nay" else today.year - 1
        return _date(year, month, int(match[1]))
    if match[3]:
        return _date(_year(match[3], today), month, int(match[1]))
    return _latest(month, int(match[1]), today)


def _latest(month: int, day: int, today: date) -> date | None:
    for year in range(today.year, today.year - 5, -1):
        found = _date(year, month, day)
        if found and found <= today:
            return found
    return None


def _year(written: str, today: date) -> int:
    if len(written) == 4:
        return int(written)
    year = today.year // 100 * 100 + int(written)
    return year if year <= today.year else year - 100


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year >= 1900 else None
    except ValueError:
        return None
