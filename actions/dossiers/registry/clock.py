"""The time limit of a dossier: stopped while the citizen is waited for, restated afterwards, late when it is late.

The time in which a citizen completes the dossier is not part of the time limit (one-stop mechanism: Decree
118/2025/NĐ-CP); a late result is explained and a new date is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from actions.dossiers.eforms.eform import TimeLimit
from actions.dossiers.eforms.values import Texts
from actions.dossiers.registry.calendar import WorkCalendar
from actions.dossiers.registry.states import State
from actions.dossiers.registry.tables import DossierClockRow
from actions.dossiers.tables import DossierEventRow, DossierRow
from common.clock import local_date, utc_now
from common.errors import Conflict, InvalidInput

__all__ = ["DossierClock", "Lateness"]

_SHORTEST_REASON, _LONGEST_REASON = 10, 500


@dataclass(frozen=True)
class Lateness:
    """`days`: working days over the due date, 0 when in time. `expected_on`: when the result is expected now."""

    days: int = 0
    reason: str = ""
    expected_on: date | None = None


class DossierClock:
    """Works inside the caller's transaction; the dossier's row is locked by the caller."""

    def __init__(self, calendar: WorkCalendar, texts: Texts) -> None:
        self._calendar = calendar
        self._texts = texts

    def start(self, session: Session, start: date, limit: TimeLimit | None) -> date | None:
        """The due date of a dossier submitted on `start`."""
        return self._calendar.workdays(session).due(start, limit)

    def wind(self, session: Session, row: DossierRow, limit: TimeLimit | None) -> None:
        """Notes the promise made at submission."""
        session.add(DossierClockRow(
            dossier_id=row.id, unit=limit.unit if limit else "working_day", promised_on=row.due_on))

    def turn(self, session: Session, row: DossierRow, here: State, target: State) -> None:
        """Stops, resumes or ends the clock for a change of state; a restated due date stands in the timeline."""
        clock, today = self._row(session, row), local_date()
        if target.clock == "stopped":
            clock.stopped_on = clock.stopped_on or today
        elif target.clock == "ended":
            clock.ended_on = clock.ended_on or clock.stopped_on or today
        elif here.clock == "stopped" and clock.stopped_on:
            self._resume(session, row, clock, clock.stopped_on, today)

    def late_before(self, session: Session) -> date:
        """Running dossiers that were due before this day are late: a working day has passed since."""
        return self._calendar.workdays(session).on_or_before(local_date())

    def lateness(self, session: Session, row: DossierRow) -> Lateness:
        clock = session.get(DossierClockRow, row.id)
        if row.due_on is None:
            return Lateness()
        until = (clock.ended_on or clock.stopped_on if clock else None) or local_date()
        days = self._calendar.workdays(session).count(row.due_on, until)
        return Lateness(days, clock.late_reason, clock.expected_on) if clock and days else Lateness(days)

    def explain(
        self, session: Session, row: DossierRow, *, reason: str, expected_on: date | None, actor: str
    ) -> DossierEventRow:
        """Notes why a dossier is late, or will be, and when the result is expected. Raises InvalidInput, Conflict."""
        reason, clock = _sentence(reason), self._row(session, row)
        if not _SHORTEST_REASON <= len(reason) <= _LONGEST_REASON:
            raise InvalidInput(self._texts.render("late.reason_needed"), field="reason")
        if row.due_on is None or clock.ended_on is not None:
            raise Conflict(self._texts.render("late.nothing", code=row.code))
        if expected_on is not None and (
            expected_on < local_date() or expected_on <= row.due_on
            or not self._calendar.workdays(session).is_working(expected_on)
        ):
            raise InvalidInput(self._texts.render("late.expected", due=row.due_on), field="expected_on")
        clock.late_reason, clock.late_by, clock.expected_on = reason, actor[:100], expected_on
        note = self._texts.render("late.note", reason=reason, expected=expected_on)
        event = DossierEventRow(
            dossier_id=row.id, kind="late", state=row.state, actor=actor[:100], note=note, at=utc_now())
        session.add(event)
        session.flush()
        return event

    def _resume(self, session: Session, row: DossierRow, clock: DossierClockRow, stopped: date, today: date) -> None:
        clock.stopped_on = None
        if row.due_on is None:
            return
        due = self._calendar.workdays(session).moved(row.due_on, clock.unit, stopped, today)
        if due != row.due_on:
            note = self._texts.render("due.restated", before=row.due_on, due=due, stopped=stopped, resumed=today)
            row.due_on = due
            session.add(DossierEventRow(
                dossier_id=row.id, kind="due", state=row.state, actor="", note=note, at=utc_now()))

    def _row(self, session: Session, row: DossierRow) -> DossierClockRow:
        """The clock; made now for a dossier that has none (brought in by an older release)."""
        clock = session.get(DossierClockRow, row.id)
        if clock is None:
            clock = DossierClockRow(dossier_id=row.id, promised_on=row.due_on, late_reason="", late_by="")
            session.add(clock)
        return clock


def _sentence(text: str) -> str:
    """`text` on one line with a full stop, for another sentence follows it."""
    text = " ".join(text.split())
    return f"{text}." if text and text[-1].isalnum() else text
