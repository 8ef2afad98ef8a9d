"""What can be booked: the templates and exceptions of points, and the seats that are still free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from actions.appointments.schedule import Slot, day_spans, slots
from actions.appointments.tables import AppointmentRow, SlotExceptionRow, SlotTemplateRow
from actions.centres.directory import Directory, Point
from common.clock import LOCAL, local_date, to_local, utc_now
from common.database import Database

__all__ = ["Timetable"]


class Timetable:
    """Reads slots. `ahead` days can be booked, not later than `lead` before a slot begins."""

    def __init__(
        self, database: Database, directory: Directory, ahead_days: int, lead: timedelta,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.ahead_days = ahead_days
        self._database = database
        self._directory = directory
        self._lead = lead
        self._now = now

    def offering(self) -> list[Point]:
        """The points that offer appointments at all."""
        with self._database.session(write=False) as session:
            ids = set(session.scalars(select(SlotTemplateRow.point_id).distinct()))
            ids |= set(session.scalars(select(SlotExceptionRow.point_id).where(
                SlotExceptionRow.day >= self.today(), SlotExceptionRow.capacity > 0)))
        return [point for point in self._directory.points() if point.id in ids]

    def offers(self, point: Point) -> bool:
        """Whether staff set up slots for a point."""
        return any(other.id == point.id for other in self.offering())

    def days(self, point: Point) -> list[tuple[date, int]]:
        """Days with free seats within the bookable weeks, and how many."""
        first = self.today()
        planned = self._planned(point, [first + timedelta(days=step) for step in range(self.ahead_days + 1)])
        free: Counter[date] = Counter()
        for slot in self._less_taken(point, planned):
            free[slot.starts_at.date()] += slot.free
        return [(day, count) for day, count in sorted(free.items()) if count]

    def slots(self, point: Point, day: date) -> list[Slot]:
        """The slots of a day that can be booked now."""
        return [slot for slot in self._less_taken(point, self._planned(point, [day])) if slot.free]

    def planned(self, point: Point, starts_at: datetime) -> Slot | None:
        """The slot that begins at a moment, whoever holds its seats; None when none can be booked then."""
        found = self._planned(point, [local_date(starts_at)])
        return next((slot for slot in found if slot.starts_at == starts_at), None)

    def _planned(self, point: Point, days: Sequence[date]) -> list[Slot]:
        """The bookable slots of `days`, in order. Its sessions end before the next begins: a transaction that waits
        for another connection of the pool would stop everybody under load."""
        first, earliest = self.today(), self._now() + self._lead
        with self._database.session(write=False) as session:
            templates = session.scalars(select(SlotTemplateRow).where(SlotTemplateRow.point_id == point.id)).all()
            exceptions = session.scalars(select(SlotExceptionRow).where(
                SlotExceptionRow.point_id == point.id, SlotExceptionRow.day >= first)).all()
        named = {row.weekday for row in templates}
        works = self._directory.working(point)
        found: list[Slot] = []
        for day in days:
            if first <= day <= first + timedelta(days=self.ahead_days):
                spans = day_spans(day, templates, exceptions, day.weekday() in named and works(day))
                found += [slot for slot in slots(day, spans) if slot.starts_at >= earliest]
        return found

    def _less_taken(self, point: Point, planned: Sequence[Slot]) -> list[Slot]:
        if not planned:
            return []
        query = select(AppointmentRow.starts_at, func.count()).where(
            AppointmentRow.point_id == point.id, AppointmentRow.starts_at >= planned[0].starts_at,
            AppointmentRow.starts_at <= planned[-1].starts_at, AppointmentRow.seat.is_not(None),
        ).group_by(AppointmentRow.starts_at)
        with self._database.session(write=False) as session:
            taken = Counter({to_local(start): count for start, count in session.execute(query)})
        return [replace(slot, free=max(0, slot.capacity - taken[slot.starts_at])) for slot in planned]

    def today(self) -> date:
        """The day in Vietnam by this timetable's clock."""
        return self._now().astimezone(LOCAL).date()
