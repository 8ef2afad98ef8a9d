"""Which days and which part of the service a report is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from common.errors import InvalidInput

__all__ = ["LENGTHS", "Scope", "monday", "month"]

LENGTHS = (7, 30, 90)
_USUAL = 30
_LONGEST = 1100
_BY_DAY = 35
_EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True)
class Scope:
    """Days `start` to `end`, both included; an empty filter doesn't narrow. `days` is one of `LENGTHS`, 0 when the
    dates were chosen."""

    start: date
    end: date
    days: int = 0
    channel: str = ""
    centre: str = ""
    field: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str], today: date, problem: str) -> Scope:
        """From a page's query: `days`, or `from` and `to` as ISO dates. Raises InvalidInput with the sentence
        `problem` for dates that aren't, stand the wrong way round or span more than three years."""
        chosen = {name: given.get(name, "").strip()[:200] for name in ("channel", "centre", "field")}
        first, last = given.get("from", "").strip(), given.get("to", "").strip()
        if not first and not last:
            days = int(given["days"]) if given.get("days", "") in {str(length) for length in LENGTHS} else _USUAL
            return cls(today - timedelta(days=days - 1), today, days, **chosen)
        try:
            end = min(date.fromisoformat(last), today) if last else today
            start = date.fromisoformat(first) if first else end - timedelta(days=_USUAL - 1)
        except ValueError as error:
            raise InvalidInput(problem, field="from") from error
        if start > end or start < _EARLIEST or (end - start).days > _LONGEST:
            raise InvalidInput(problem, field="from")
        return cls(start, end, 0, **chosen)

    @property
    def before(self) -> Scope:
        """The period of the same length just before this one."""
        length = (self.end - self.start) + timedelta(days=1)
        return Scope(self.start - length, self.end - length, 0, self.channel, self.centre, self.field)

    @property
    def by_week(self) -> bool:
        """Whether a line over time is shown week by week rather than day by day."""
        return (self.end - self.start).days >= _BY_DAY

    def step(self, day: date) -> date:
        """The day, or the Monday of its week, that a count of `day` is shown under."""
        return monday(day) if self.by_week else day

    def steps(self) -> Iterator[date]:
        """All days or Mondays of the period, so that a day without anything is a zero and not a gap."""
        here = self.step(self.start)
        while here <= self.end:
            yield here
            here += timedelta(days=7 if self.by_week else 1)

    def query(self, **changed: str) -> str:
        """The scope as a query string, for links and addresses of charts."""
        dates = {"days": str(self.days)} if self.days else {
            "from": self.start.isoformat(), "to": self.end.isoformat()}
        chosen = {**dates, "channel": self.channel, "centre": self.centre, "field": self.field, **changed}
        return urlencode({name: value for name, value in chosen.items() if value})


def monday(day: date) -> date:
    """The Monday of the week of `day`."""
    return day - timedelta(days=day.weekday())


def month(day: date) -> date:
    return day.replace(day=1)
