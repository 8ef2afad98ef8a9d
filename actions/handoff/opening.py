"""When an office is open: its own hours or the usual ones, less holidays and what staff declared off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from actions.handoff.hours import OfficeHours
from common.clock import to_local

__all__ = ["Days", "Opening", "opening", "spans_on"]

_LOOK_AHEAD = 40  # days; the longest holiday break is far shorter


class Days(Protocol):
    """The offices' calendar (`actions.dossiers.registry.workdays.Workdays`)."""

    def is_working(self, day: date) -> bool: ...
    def is_holiday(self, day: date) -> bool: ...


@dataclass(frozen=True)
class Opening:
    """Open until `closes` now, or closed until `opens` (None: not within the next weeks). Times in Vietnam's time."""

    is_open: bool
    closes: time | None
    opens: datetime | None
    holiday: bool


def spans_on(day: date, hours: OfficeHours, days: Days) -> list[tuple[time, time]]:
    """Opening and closing times of a day, in order; [] when closed.

    A weekend day declared working (in lieu of a bridge day) has the hours of a Monday where it has none of its own.
    """
    if days.is_holiday(day) or (day.weekday() < 5 and not days.is_working(day)):
        return []
    own = hours.spans(day.weekday())
    return own or (hours.spans(0) if day.weekday() >= 5 and days.is_working(day) else [])


def opening(moment: datetime, hours: OfficeHours, days: Days) -> Opening:
    """The state at `moment`."""
    now = to_local(moment)
    today = spans_on(now.date(), hours, days)
    closes = next((end for start, end in today if start <= now.time() < end), None)
    if closes:
        return Opening(True, closes, None, False)
    return Opening(False, None, _next(now, hours, days), days.is_holiday(now.date()))


def _next(now: datetime, hours: OfficeHours, days: Days) -> datetime | None:
    for ahead in range(_LOOK_AHEAD):
        day = now.date() + timedelta(days=ahead)
        for start, _ in spans_on(day, hours, days):
            at = datetime.combine(day, start, now.tzinfo)
            if at > now:
                return at
    return None
