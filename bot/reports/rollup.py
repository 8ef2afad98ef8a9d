"""Counts the days and keeps the counts. A day stays open for a week, for what comes after it: a person's answer,
a word on an answer, a dossier of the conversation. Then it is sealed, and conversations may be erased."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from actions.appointments.tables import AppointmentRow
from actions.dossiers.registry.desk import Load
from actions.dossiers.registry.workdays import Workdays
from actions.dossiers.tables import DossierRow
from bot.gateway.tables import ConversationRow
from bot.reports.counting import SNAPSHOTS, Day, Tally
from bot.reports.dossier_counts import count_dossiers, count_in_hand
from bot.reports.tables import ReportCountRow, ReportDayRow
from bot.reports.talk_counts import FieldOf, count_talks
from common.clock import local_date, utc_now
from common.database import Database

__all__ = ["OPEN_DAYS", "RollUp"]

OPEN_DAYS = 7
_RECOUNT_AFTER = timedelta(hours=20)
# Between two days, so that counting a year for the first time leaves the processor to those who chat.
_REST_S = 0.02
_log = structlog.get_logger(__name__)


class RollUp:
    """Counts what is due. One pass at a time in a process; on several replicas the last to finish a day wins.

    Args:
        field_of: a procedure's field; "" for an unknown procedure.
        workdays: the offices' calendar as it stands.
        loads: the open dossiers of each officer and centre.
        now: the clock.
    """

    def __init__(
        self,
        database: Database,
        field_of: FieldOf,
        workdays: Callable[[], Workdays],
        loads: Callable[[], Sequence[Load]],
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._field_of = field_of
        self._workdays = workdays
        self._loads = loads
        self._now = now
        self._busy = threading.Lock()

    def run(self, most: int | None = None) -> int:
        """Counts at most `most` of the days that are due (all when omitted), the oldest first; returns how many are
        left. Does nothing while another pass runs."""
        if not self._busy.acquire(blocking=False):
            return 0
        try:
            due = self._due()
            for day in due[:most]:
                self._count(day)
                time.sleep(_REST_S)
            return len(due[most:]) if most is not None else 0
        finally:
            self._busy.release()

    def before_erasure(self) -> None:
        """Counts what is due. A fault is logged, not raised: erasure is a duty, counting is not."""
        try:
            self.run()
        except Exception as error:
            _log.error("report_counting_failed", exc_info=error)

    @property
    def busy(self) -> bool:
        """Whether a pass runs just now in this process."""
        return self._busy.locked()

    def counted_at(self) -> datetime | None:
        """When the running day was last counted, or the latest day that was."""
        query = select(ReportDayRow.counted_at).order_by(ReportDayRow.day.desc()).limit(1)
        with self._database.session(write=False) as session:
            return session.scalar(query)

    def _due(self) -> list[date]:
        today = local_date(self._now())
        with self._database.session(write=False) as session:
            known = {row.day: row for row in session.scalars(select(ReportDayRow))}
            first = min((day for day in (_first(session), *known) if day), default=None)
        if first is None:
            return []
        stale = self._now() - _RECOUNT_AFTER

        def due(day: date) -> bool:
            row = known.get(day)
            if row is None or day >= today - timedelta(days=1):
                return True
            return not row.sealed and row.counted_at < stale

        days = (first + timedelta(days=step) for step in range((today - first).days + 1))
        return [day for day in days if due(day)]

    def _count(self, day: date) -> None:
        today, tally, workdays = local_date(self._now()), Tally(), self._workdays()
        with self._database.session(write=False) as session:
            count_talks(session, Day(day), tally, self._field_of)
            count_dossiers(session, Day(day), tally, self._field_of, workdays)
            if day == today:
                count_in_hand(session, today, tally, self._field_of, workdays, self._loads())
        rows = [{"day": day, **asdict(cell), **asdict(value)} for cell, value in tally]
        # Yesterday's last snapshot stays: nobody can take it again.
        kept = () if day == today else (ReportCountRow.measure.not_in(SNAPSHOTS),)
        with self._database.session() as session:
            session.execute(delete(ReportDayRow).where(ReportDayRow.day == day))
            session.add(ReportDayRow(day=day, sealed=day < today - timedelta(days=OPEN_DAYS), counted_at=self._now()))
            session.flush()
            session.execute(delete(ReportCountRow).where(ReportCountRow.day == day, *kept))
            if rows:
                session.execute(insert(ReportCountRow), rows)


def _first(session: Session) -> date | None:
    columns = (ConversationRow.created_at, DossierRow.submitted_at, AppointmentRow.starts_at)
    moments = [moment for column in columns if (moment := session.scalar(select(func.min(column))))]
    return local_date(min(moments)) if moments else None
