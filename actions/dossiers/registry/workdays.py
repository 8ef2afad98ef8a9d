"""Working days of Vietnamese state offices: Monday to Friday, public holidays and days in lieu excluded."""

from __future__ import annotations

from datetime import date, timedelta

import holidays

from actions.dossiers.eforms.eform import TimeLimit

__all__ = ["due_date", "is_working_day"]

_HOLIDAYS = holidays.country_holidays("VN")


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _HOLIDAYS


def due_date(start: date, limit: TimeLimit | None) -> date | None:
    """The last day of `limit` counted from the day after `start`; a limit ending on a day off moves on."""
    if limit is None:
        return None
    day = start
    if limit.unit == "day":
        day += timedelta(days=limit.amount)
    else:
        for _ in range(limit.amount):
            day = _next_working_day(day)
    return day if is_working_day(day) else _next_working_day(day)


def _next_working_day(day: date) -> date:
    day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day
