"""Working days of Vietnamese state offices, pure: weekends, public holidays (lunar ones included), days in lieu, and
what staff changed.

Holidays come from the library `holidays` (Labour Code 2019, Art. 111 and 112; the yearly decisions on days in lieu).
Periods start on the day after the event (Civil Code 2015, Art. 147); one that ends on a day off ends on the next
working day (Art. 148).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

import holidays

from actions.dossiers.eforms.eform import TimeLimit

__all__ = ["Workdays"]

_DAY = timedelta(days=1)
_LONGEST_BREAK = 366  # a calendar on which nobody works for a year is a slip, not a calendar


@dataclass(frozen=True)
class Workdays:
    """`changes`: days that staff declared working (True) or off (False)."""

    changes: Mapping[date, bool] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        changed = self.changes.get(day)
        return _usual(day) if changed is None else changed

    def is_holiday(self, day: date) -> bool:
        """A public holiday or a day that staff declared off, on whichever weekday it falls."""
        changed = self.changes.get(day)
        return day in _year(day.year) if changed is None else not changed

    def on_or_after(self, day: date) -> date:
        """`day`, or the first working day after it. Raises ValueError when there is none within a year."""
        for _ in range(_LONGEST_BREAK):
            if self.is_working(day):
                return day
            day += _DAY
        raise ValueError(f"no working day in the year before {day}")

    def on_or_before(self, day: date) -> date:
        """`day`, or the last working day before it. Raises ValueError when there is none within a year."""
        for _ in range(_LONGEST_BREAK):
            if self.is_working(day):
                return day
            day -= _DAY
        raise ValueError(f"no working day in the year after {day}")

    def add(self, start: date, amount: int) -> date:
        """The `amount`-th working day after `start`; `start` itself for 0."""
        for _ in range(amount):
            start = self.on_or_after(start + _DAY)
        return start

    def count(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; 0 when `end` is not later."""
        return sum(self.is_working(start + _DAY * step) for step in range(1, (end - start).days + 1))

    def due(self, start: date, limit: TimeLimit | None) -> date | None:
        """The last day of `limit`, counted from the day after `start`; None without a limit."""
        if limit is None:
            return None
        if limit.unit == "day":
            return self.on_or_after(start + _DAY * limit.amount)
        return self.on_or_after(self.add(start, limit.amount))

    def moved(self, due: date, unit: str, stopped: date, resumed: date) -> date:
        """`due` after a stop: later by as much as the clock stood still, so that what was left is left again."""
        if resumed <= stopped:
            return due
        if unit == "day":
            return self.on_or_after(due + (resumed - stopped))
        return self.on_or_after(self.add(due, self.count(stopped, resumed)))


def _usual(day: date) -> bool:
    return _year(day.year).is_working_day(day)


@lru_cache(maxsize=64)
def _year(year: int) -> holidays.HolidayBase:
    # A whole year at once and never expanded afterwards, so that threads only read it.
    return holidays.country_holidays("VN", years=year, expand=False)
