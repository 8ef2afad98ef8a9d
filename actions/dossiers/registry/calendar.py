"""The offices' calendar: the public one, and what staff changed in it, with who and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from actions.dossiers.eforms.values import Texts
from actions.dossiers.registry.states import load_states
from actions.dossiers.registry.tables import CalendarChangeRow
from actions.dossiers.registry.workdays import Workdays
from actions.dossiers.tables import DossierEventRow, DossierRow
from common.clock import local_date, utc_now
from common.database import Database
from common.errors import InvalidInput

__all__ = ["CalendarChange", "Kind", "SpecialDay", "WorkCalendar"]

Kind = Literal["off", "working", "usual"]
_KINDS: dict[str, bool | None] = {"off": False, "working": True, "usual": None}
_FURTHEST = timedelta(days=800)
_SHORTEST_REASON, _LONGEST_REASON = 5, 300
_ALL = 100_000


@dataclass(frozen=True)
class CalendarChange:
    day: date
    kind: str
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True)
class SpecialDay:
    """A weekday off, or a weekend day worked; `reason` is staff's, empty where the public calendar has it so."""

    day: date
    working: bool
    reason: str


class WorkCalendar:
    """Reads and changes the calendar. Reading takes one short query; nothing is cached, so a change counts at once."""

    def __init__(self, database: Database, texts: Texts) -> None:
        self._database = database
        self._texts = texts

    def workdays(self, session: Session) -> Workdays:
        """The calendar as it stands in this transaction."""
        latest = select(func.max(CalendarChangeRow.id)).group_by(CalendarChangeRow.day)
        rows = session.scalars(select(CalendarChangeRow).where(CalendarChangeRow.id.in_(latest)))
        said = {row.day: _KINDS[row.kind] for row in rows}
        return Workdays({day: working for day, working in said.items() if working is not None})

    def today(self) -> Workdays:
        """The calendar now, in a transaction of its own."""
        with self._database.session(write=False) as session:
            return self.workdays(session)

    def changes(self, limit: int = 200) -> list[CalendarChange]:
        """What staff changed, the latest first."""
        with self._database.session(write=False) as session:
            rows = session.scalars(select(CalendarChangeRow).order_by(CalendarChangeRow.id.desc()).limit(limit))
            return [CalendarChange(row.day, row.kind, row.reason, row.actor, row.at) for row in rows]

    def coming(self, start: date, days: int = 400) -> list[SpecialDay]:
        """The weekdays off and the weekend days worked from `start` on, each with staff's reason where they said it."""
        reasons = {change.day: change.reason for change in reversed(self.changes(_ALL))}
        workdays = self.today()
        span = (start + timedelta(days=step) for step in range(days))
        special = ((day, workdays.is_working(day)) for day in span if workdays.is_working(day) != (day.weekday() < 5))
        return [
            SpecialDay(day, working, reasons.get(day, "") if day in workdays.changes else "")
            for day, working in special]

    def change(self, day: date, kind: str, *, reason: str, actor: str) -> int:
        """Declares a day off, a working day, or as usual again. Open dossiers due on a day that is off now are due on
        the next working day; returns how many. Raises InvalidInput."""
        reason = " ".join(reason.split())
        if kind not in _KINDS:
            raise InvalidInput(self._texts.render("calendar.kind"), field="kind")
        if not _SHORTEST_REASON <= len(reason) <= _LONGEST_REASON:
            raise InvalidInput(self._texts.render("calendar.reason"), field="reason")
        if not local_date() <= day <= local_date() + _FURTHEST:
            raise InvalidInput(self._texts.render("calendar.range"), field="day")
        with self._database.session() as session:
            session.add(CalendarChangeRow(day=day, kind=kind, reason=reason, actor=actor[:100], at=utc_now()))
            session.flush()
            workdays = self.workdays(session)
            try:
                return self._move_due(session, workdays, day, reason) if not workdays.is_working(day) else 0
            except ValueError as error:
                raise InvalidInput(self._texts.render("calendar.no_work"), field="day") from error

    def _move_due(self, session: Session, workdays: Workdays, day: date, reason: str) -> int:
        """A promise falls on no closed day: those due on `day` move on; the timeline says why."""
        later = workdays.on_or_after(day)
        running = [name for name, state in load_states().items() if state.clock != "ended"]
        query = select(DossierRow).where(DossierRow.due_on == day, DossierRow.state.in_(running)).with_for_update()
        rows = session.scalars(query).all()
        for row in rows:
            row.due_on = later
            note = self._texts.render("calendar.moved", day=day, later=later, reason=reason)
            session.add(DossierEventRow(
                dossier_id=row.id, kind="due", state=row.state, actor="", note=note, at=utc_now()))
        return len(rows)
