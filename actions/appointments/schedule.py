"""From weekly templates and exceptions to the slots of a day: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from actions.appointments.tables import SlotExceptionRow, SlotTemplateRow
from common.clock import LOCAL

__all__ = ["Slot", "Span", "clock", "day_spans", "slots"]


@dataclass(frozen=True)
class Span:
    """Slots of `minutes` from `opens` to `closes`, `capacity` seats each."""

    opens: time
    closes: time
    minutes: int
    capacity: int


@dataclass(frozen=True)
class Slot:
    """One time at one point, aware, in Vietnam's time; `free` seats of `capacity`."""

    starts_at: datetime
    ends_at: datetime
    capacity: int
    free: int


def clock(text: str) -> time:
    """ "07:30" → time. Raises ValueError."""
    return datetime.strptime(text.strip(), "%H:%M").time()


def day_spans(
    day: date, templates: Iterable[SlotTemplateRow], exceptions: Sequence[SlotExceptionRow], works: bool
) -> list[Span]:
    """What is offered on a day. Exceptions take the template's place, holidays included; `works` says that the point
    opens on that day at all.
    """
    special = [row for row in exceptions if row.day == day]
    if special:
        return [Span(clock(row.opens), clock(row.closes), row.minutes, row.capacity) for row in special if row.capacity]
    if not works:
        return []
    return [
        Span(clock(row.opens), clock(row.closes), row.minutes, row.capacity)
        for row in templates
        if row.weekday == day.weekday()
        and (row.valid_from is None or row.valid_from <= day)
        and (row.valid_to is None or day <= row.valid_to)
    ]


def slots(day: date, spans: Iterable[Span]) -> list[Slot]:
    """The slots of a day, all free, in order; spans that overlap add their seats where the starts are equal."""
    found: dict[datetime, Slot] = {}
    for span in spans:
        start = datetime.combine(day, span.opens, LOCAL)
        close, step = datetime.combine(day, span.closes, LOCAL), timedelta(minutes=span.minutes)
        while start + step <= close:
            known = found.get(start)
            seats = span.capacity + (known.capacity if known else 0)
            found[start] = Slot(start, start + step, seats, seats)
            start += step
    return [found[start] for start in sorted(found)]
