"""The day and the time that a citizen names for an appointment: "sáng thứ tư", "9h30 ngày 25/11", "chiều mai"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time, timedelta

from actions.answers.words import fold

__all__ = ["Moment", "read_moment"]

_WEEKDAYS = {
    "2": 0, "hai": 0, "3": 1, "ba": 1, "4": 2, "tu": 2, "5": 3, "nam": 3, "6": 4, "sau": 4, "7": 5, "bay": 5,
}
_WEEKDAY = re.compile(r"\b(?:thu|t)\s*(2|3|4|5|6|7|hai|ba|tu|nam|sau|bay)\b|\b(?:chu nhat|cn)\b")
_NEXT_WEEK = re.compile(r"\btuan (?:sau|toi)\b")
_DAYS = {
    "hom nay": 0, "bua nay": 0, "ngay mai": 1, "sang mai": 1, "chieu mai": 1, "mai": 1, "ngay kia": 2, "ngay mot": 2,
    "bua mot": 2,
}
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})\s*[/.-]\s*(\d{1,2})(?:\s*[/.-]\s*(?:\d{4}|\d{2}))?(?!\d)")
_WORDED = re.compile(r"\b(?:ngay|mung)\s+(\d{1,2})(?:\s+thang\s+(\d{1,2}))?\b")
_CLOCK = re.compile(r"(?<!\d)(\d{1,2})\s*(?:h|gio|g|:)\s*(\d{2}|ruoi)?(?!\d)")
_AFTERNOON = re.compile(r"\bchieu\b")
_MORNING = re.compile(r"\bsang\b")
# What may stand beside a day and a time without making the text anything else.
_BESIDE = {
    "vao", "luc", "ngay", "hom", "thu", "sang", "chieu", "trua", "toi", "tuan", "sau", "nay", "nhe", "nha", "a", "da",
    "em", "anh", "chi", "minh", "cho", "dat", "hen", "lay", "chon", "khoang", "gio", "di", "thi", "duoc", "lich", "doi",
}


@dataclass(frozen=True)
class Moment:
    """What was named; `morning` is None where no part of the day was."""

    day: date | None = None
    clock: time | None = None
    morning: bool | None = None
    alone: bool = False
    """Whether the text says nothing else."""


def read_moment(text: str, today: date) -> Moment | None:
    """The moment in `text`, the next such day from `today` on; None where it names neither a day nor a time."""
    plain = fold(text.replace(":", "h")) if re.search(r"\d\s*:\s*\d", text) else fold(text)
    dated = _dated(text, plain, today)
    day, rest = dated or (None, plain)
    clock, rest = _clock(rest)
    morning = False if _AFTERNOON.search(rest) else True if _MORNING.search(rest) else None
    if clock and morning is False and clock.hour < 12:
        clock = clock.replace(hour=clock.hour + 12)
    if day is None and clock is None:
        return None
    return Moment(day, clock, morning, all(word in _BESIDE for word in rest.split()))


def _dated(text: str, plain: str, today: date) -> tuple[date, str] | None:
    """The day, and the words beside it."""
    numeric = _NUMERIC.search(text)
    if numeric and (found := _coming(int(numeric[1]), int(numeric[2]), today)):
        return found, fold(text[: numeric.start()] + " " + text[numeric.end() :])
    worded = _WORDED.search(plain)
    if worded and (found := _coming(int(worded[1]), int(worded[2] or 0), today)):
        return found, plain[: worded.start()] + plain[worded.end() :]
    weekday = _WEEKDAY.search(plain)
    if weekday:
        wanted = _WEEKDAYS[weekday[1]] if weekday[1] else 6
        rest = plain[: weekday.start()] + plain[weekday.end() :]
        return _on(wanted, today, next_week=bool(_NEXT_WEEK.search(rest))), rest
    for word, days in _DAYS.items():
        if re.search(rf"\b{word}\b", plain):
            part = word.split()[0] if word.startswith(("sang", "chieu")) else ""
            return today + timedelta(days=days), re.sub(rf"\b{word}\b", part, plain, count=1)
    return None


def _on(weekday: int, today: date, *, next_week: bool) -> date:
    if next_week:
        return today - timedelta(days=today.weekday()) + timedelta(days=7 + weekday)
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _coming(day: int, month: int, today: date) -> date | None:
    """The next `day` of `month` (0: of any) from `today` on; None for a day that no calendar has."""
    for ahead in range(366):
        found = today + timedelta(days=ahead)
        if found.day == day and month in (0, found.month):
            return found
    return None


def _clock(plain: str) -> tuple[time | None, str]:
    found = _CLOCK.search(plain)
    if found is None or int(found[1]) > 23:
        return None, plain
    minutes = 30 if found[2] == "ruoi" else int(found[2] or 0)
    if minutes > 59:
        return None, plain
    return time(int(found[1]), minutes), plain[: found.start()] + plain[found.end() :]
