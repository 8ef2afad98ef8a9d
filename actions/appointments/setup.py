"""What staff set up: weekly templates, days that differ, and what became of the appointments of a day."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from actions.appointments.booking import Appointment, as_appointment
from actions.appointments.schedule import clock
from actions.appointments.tables import AppointmentRow, SlotExceptionRow, SlotTemplateRow
from actions.messages import Messages
from common.clock import LOCAL, local_date, utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound
from common.keyring import Keyring

__all__ = ["DayEntry", "SlotSetup", "Span"]

_SHORTEST, _LONGEST, _MOST_SEATS = 5, 240, 50


@dataclass(frozen=True)
class Span:
    """As typed: "07:30", "11:30", minutes a slot, seats a slot."""

    opens: str
    closes: str
    minutes: int
    capacity: int


@dataclass(frozen=True)
class DayEntry:
    """An appointment in the day's list; name and telephone where the citizen gave them."""

    appointment: Appointment
    seat: int | None
    name: str
    phone: str
    marked_by: str


class SlotSetup:
    """Changes templates and exceptions, lists days, marks who came."""

    def __init__(
        self, database: Database, keyring: Keyring, texts: Messages, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._texts = texts
        self._now = now

    def templates(self, point_id: str) -> Sequence[SlotTemplateRow]:
        """By weekday and hour."""
        with self._database.session(write=False) as session:
            return session.scalars(select(SlotTemplateRow).where(SlotTemplateRow.point_id == point_id).order_by(
                SlotTemplateRow.weekday, SlotTemplateRow.opens)).all()

    def exceptions(self, point_id: str) -> Sequence[SlotExceptionRow]:
        """Those still to come."""
        with self._database.session(write=False) as session:
            return session.scalars(select(SlotExceptionRow).where(
                SlotExceptionRow.point_id == point_id, SlotExceptionRow.day >= self._today()).order_by(
                    SlotExceptionRow.day, SlotExceptionRow.opens)).all()

    def add_template(
        self, point_id: str, weekdays: Iterable[int], span: Span, actor: str,
        valid_from: date | None = None, valid_to: date | None = None,
    ) -> None:
        """The same span on each of `weekdays` (Monday is 0). Raises InvalidInput: nothing is added then."""
        days = sorted({day for day in weekdays if 0 <= day <= 6})
        if not days:
            raise InvalidInput(self._texts.render("problem.weekday"), field="weekdays")
        opens, closes = self._checked(span)
        if valid_from and valid_to and valid_to < valid_from:
            raise InvalidInput(self._texts.render("problem.day"), field="valid_to")
        with self._database.session() as session:
            for weekday in days:
                self._free(session, point_id, weekday, opens, closes)
                session.add(SlotTemplateRow(
                    point_id=point_id, weekday=weekday, opens=f"{opens:%H:%M}", closes=f"{closes:%H:%M}",
                    minutes=span.minutes, capacity=span.capacity, valid_from=valid_from, valid_to=valid_to,
                    updated_by=actor, updated_at=self._now()))

    def remove_template(self, point_id: str, template_id: int) -> None:
        """What is booked stays booked."""
        with self._database.session() as session:
            session.execute(delete(SlotTemplateRow).where(
                SlotTemplateRow.id == template_id, SlotTemplateRow.point_id == point_id))

    def add_exception(self, point_id: str, day: date, span: Span | None, reason: str, actor: str) -> int:
        """Another timetable on one day, none at all without `span`. Returns how many appointments of that day stand
        already: their citizens must be told. Raises InvalidInput."""
        if day < self._today():
            raise InvalidInput(self._texts.render("problem.day"), field="day")
        row = SlotExceptionRow(
            point_id=point_id, day=day, opens="", closes="", minutes=0, capacity=0, reason=reason.strip()[:200],
            updated_by=actor, updated_at=self._now())
        if span:
            opens, closes = self._checked(span)
            row.opens, row.closes, row.minutes, row.capacity = (
                f"{opens:%H:%M}", f"{closes:%H:%M}", span.minutes, span.capacity)
        with self._database.session() as session:
            session.add(row)
            return session.scalar(select(func.count()).select_from(self._day(point_id, day).subquery())) or 0

    def remove_exception(self, point_id: str, exception_id: int) -> None:
        with self._database.session() as session:
            session.execute(delete(SlotExceptionRow).where(
                SlotExceptionRow.id == exception_id, SlotExceptionRow.point_id == point_id))

    def day(self, point_id: str, day: date) -> list[DayEntry]:
        """Everybody who holds or held a seat on a day, in order."""
        with self._database.session(write=False) as session:
            return [self._entry(row) for row in session.scalars(
                self._day(point_id, day).order_by(AppointmentRow.starts_at, AppointmentRow.seat))]

    def mark(self, point_id: str, number: str, state: str, actor: str) -> None:
        """served or no_show. Raises NotFound, Conflict for one that is cancelled or on a later day."""
        with self._database.session() as session:
            row = session.scalars(select(AppointmentRow).where(
                AppointmentRow.number == number, AppointmentRow.point_id == point_id).with_for_update()).first()
            if row is None:
                raise NotFound(self._texts.render("problem.gone"))
            if row.state == "cancelled" or local_date(row.starts_at) > self._today() or state not in (
                    "served", "no_show"):
                raise Conflict(self._texts.render("problem.mark"))
            row.state, row.marked_by, row.updated_at = state, actor, self._now()

    def _entry(self, row: AppointmentRow) -> DayEntry:
        contact = json.loads(self._keyring.decrypt(row.sealed)) if row.sealed else {}
        return DayEntry(
            as_appointment(row), row.seat, contact.get("name", ""), contact.get("phone", ""), row.marked_by)

    def _day(self, point_id: str, day: date):  # type: ignore[no-untyped-def]  # SQLAlchemy's Select of one entity
        first = datetime.combine(day, time.min, LOCAL)
        return select(AppointmentRow).where(
            AppointmentRow.point_id == point_id, AppointmentRow.starts_at >= first,
            AppointmentRow.starts_at < first + timedelta(days=1), AppointmentRow.state != "cancelled")

    def _checked(self, span: Span) -> tuple[time, time]:
        try:
            opens, closes = clock(span.opens), clock(span.closes)
        except ValueError as error:
            raise InvalidInput(self._texts.render("problem.span"), field="opens") from error
        length = (closes.hour - opens.hour) * 60 + closes.minute - opens.minute
        if not (_SHORTEST <= span.minutes <= _LONGEST and span.minutes <= length and 1 <= span.capacity <= _MOST_SEATS):
            raise InvalidInput(self._texts.render("problem.span"), field="minutes")
        return opens, closes

    def _free(self, session: Session, point_id: str, weekday: int, opens: time, closes: time) -> None:
        """Raises InvalidInput when another span of the weekday overlaps."""
        rows = session.scalars(select(SlotTemplateRow).where(
            SlotTemplateRow.point_id == point_id, SlotTemplateRow.weekday == weekday))
        if any(clock(row.opens) < closes and opens < clock(row.closes) for row in rows):
            raise InvalidInput(self._texts.render("problem.overlap"), field="opens")

    def _today(self) -> date:
        return local_date(self._now())
