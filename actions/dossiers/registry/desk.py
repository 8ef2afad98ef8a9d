"""The officers' desk: dossiers by centre, procedure, officer, state and due date; who works on what; the workload."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from actions.dossiers.eforms.values import Texts
from actions.dossiers.registry.clock import DossierClock
from actions.dossiers.registry.states import State
from actions.dossiers.registry.status import DossierSummary
from actions.dossiers.registry.views import Views
from actions.dossiers.tables import DossierEventRow, DossierRow
from common.audit import record
from common.clock import local_date, utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound

__all__ = ["DossierFilter", "Due", "Load", "OfficerDesk"]

Due = Literal["", "late", "today", "week", "later", "none"]
NOBODY = "-"
"""As `DossierFilter.officer`: dossiers that nobody has taken."""
_MOST_AT_ONCE = 200


@dataclass(frozen=True)
class DossierFilter:
    """What an officer looks for; empty parts don't narrow. `search`: a part of the code. `open_only`: still to do."""

    state: str = ""
    centre: str = ""
    procedure: str = ""
    officer: str = ""
    due: Due = ""
    search: str = ""
    open_only: bool = False


@dataclass(frozen=True)
class Load:
    """The open dossiers of one officer at one centre; "" stands for nobody, or for no centre named."""

    officer: str
    centre: str
    open: int
    late: int
    due_this_week: int
    waiting_for_citizen: int


class OfficerDesk:
    """Reads lists and counts with one query each; taking and handing over is compare-and-set."""

    def __init__(
        self, database: Database, states: dict[str, State], clock: DossierClock, views: Views, texts: Texts
    ) -> None:
        self._database = database
        self._clock = clock
        self._views = views
        self._texts = texts
        self._running = [name for name, state in states.items() if state.clock == "runs"]
        self._open = [name for name, state in states.items() if state.clock != "ended"]

    def listed(self, wanted: DossierFilter, limit: int = 50, offset: int = 0) -> list[DossierSummary]:
        """What still has to be done by due date, then what waits for its citizen or is done, the latest first."""
        order = (
            DossierRow.state.in_(self._running).desc(), DossierRow.due_on.is_(None), DossierRow.due_on,
            DossierRow.submitted_at.desc(), DossierRow.code.desc())
        with self._database.session(write=False) as session:
            query = select(DossierRow).where(*self._where(session, wanted)).order_by(*order)
            return [self._views.summary(session, row) for row in session.scalars(query.limit(limit).offset(offset))]

    def counted(self, wanted: DossierFilter) -> dict[str, int]:
        """How many dossiers of the filter are in each state, and under "late" how many are over their due date."""
        with self._database.session(write=False) as session:
            where = self._where(session, wanted)
            rows = session.execute(select(DossierRow.state, func.count()).where(*where).group_by(DossierRow.state))
            late = session.scalar(select(func.count()).select_from(DossierRow).where(*where, *self._late(session)))
            return {**{row[0]: row[1] for row in rows}, "late": late or 0}

    def procedures(self) -> list[tuple[str, str]]:
        """(code, title) of every procedure that has a dossier, by title."""
        query = select(DossierRow.procedure_code, func.min(DossierRow.title)).group_by(DossierRow.procedure_code)
        with self._database.session(write=False) as session:
            return sorted(((row[0], row[1]) for row in session.execute(query)), key=lambda row: row[1])

    def workload(self) -> list[Load]:
        """Open dossiers by officer and centre, the most late first."""
        today = local_date()
        with self._database.session(write=False) as session:
            running = DossierRow.state.in_(self._running)
            late = (DossierRow.due_on < self._clock.late_before(session)) & running
            week = running & DossierRow.due_on.between(today, _week_end(today))
            columns = (
                DossierRow.officer, DossierRow.centre, func.count(), _count(late), _count(week), _count(~running))
            query = select(*columns).where(DossierRow.state.in_(self._open))
            rows = session.execute(query.group_by(DossierRow.officer, DossierRow.centre))
            loads = [Load(*row) for row in rows]
        return sorted(loads, key=lambda load: (-load.late, -load.open, load.officer, load.centre))

    def assign(self, codes: Sequence[str], officer: str, *, by: str, seen: str | None = None) -> int:
        """Gives dossiers to `officer` ("" frees them); returns how many changed hands.

        `seen`: whose they were when `by` decided. Raises InvalidInput (none, or too many, chosen), NotFound, and
        Conflict when somebody else took one of them meanwhile; then nothing is changed.
        """
        if not 1 <= len(codes) <= _MOST_AT_ONCE:
            raise InvalidInput(self._texts.render("desk.choose", most=_MOST_AT_ONCE), field="code")
        with self._database.session() as session:
            return sum(self._assign(session, code, officer, by, seen) for code in dict.fromkeys(codes))

    def _assign(self, session: Session, code: str, officer: str, by: str, seen: str | None) -> bool:
        row = session.scalars(select(DossierRow).where(DossierRow.code == code).with_for_update()).first()
        if row is None:
            raise NotFound(self._texts.render("registry.unknown", code=code))
        if row.officer == officer:
            return False
        if seen is not None and row.officer != seen:
            raise Conflict(self._texts.render("desk.taken", code=code, officer=row.officer))
        before, row.officer = row.officer, officer
        note = self._texts.render("desk.assigned", officer=officer, before=before)
        session.add(DossierEventRow(
            dossier_id=row.id, kind="assigned", state=row.state, actor=by[:100], note=note, at=utc_now()))
        record(session, by, "dossier.assign", f"dossier:{code}", before={"officer": before}, after={"officer": officer})
        return True

    def _where(self, session: Session, wanted: DossierFilter) -> list[ColumnElement[bool]]:
        exact = ((DossierRow.state, wanted.state), (DossierRow.centre, wanted.centre),
                 (DossierRow.procedure_code, wanted.procedure))
        where: list[ColumnElement[bool]] = [column == value for column, value in exact if value]
        if wanted.officer:
            where.append(DossierRow.officer == ("" if wanted.officer == NOBODY else wanted.officer))
        if wanted.search.strip():
            where.append(DossierRow.code.contains(wanted.search.strip().upper(), autoescape=True))
        if wanted.open_only:
            where.append(DossierRow.state.in_(self._open))
        return where + self._due(session, wanted.due)

    def _due(self, session: Session, due: Due) -> list[ColumnElement[bool]]:
        today = local_date()
        running = DossierRow.state.in_(self._running)
        match due:
            case "late":
                return self._late(session)
            case "today":
                return [running, DossierRow.due_on == today]
            case "week":
                return [running, DossierRow.due_on.between(today, _week_end(today))]
            case "later":
                return [running, DossierRow.due_on > _week_end(today)]
            case "none":
                return [running, DossierRow.due_on.is_(None)]
        return []

    def _late(self, session: Session) -> list[ColumnElement[bool]]:
        return [DossierRow.due_on < self._clock.late_before(session), DossierRow.state.in_(self._running)]


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _week_end(day: date) -> date:
    """The Sunday of the week of `day`."""
    return day + timedelta(days=6 - day.weekday())
