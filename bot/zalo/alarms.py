"""Alarms of the channel: what a person has to look at, counted, shown at the console and by `isee doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_postgres
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from bot.zalo.tables import ZaloAlarmRow
from common.audit import record
from common.clock import utc_now
from common.database import Database

__all__ = ["Alarm", "Alarms"]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Alarm:
    """One open alarm."""

    kind: str
    detail: str
    count: int
    first_at: datetime
    last_at: datetime


class Alarms:
    """Raises and clears alarms; one open row for each kind. Synchronous: call from a worker thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def raise_(self, kind: str, detail: str = "") -> None:
        """Notes that it happened (again). `detail` holds no personal data and no secret."""
        now = utc_now()
        insert = insert_postgres if self._database.engine.dialect.name == "postgresql" else insert_sqlite
        first = insert(ZaloAlarmRow).values(kind=kind, detail=detail[:500], count=1, first_at=now, last_at=now)
        # Two replicas may raise it in the same moment: the index lets one row in, and the other counts on it.
        query = first.on_conflict_do_update(
            index_elements=["kind"], index_where=text("cleared_at IS NULL"),
            set_={"count": ZaloAlarmRow.count + 1, "last_at": now, "detail": detail[:500]})
        with self._database.session() as session:
            session.execute(query)
        _log.error("zalo_alarm", kind=kind, detail=detail[:500])

    def clear(self, kind: str, actor: str = "system") -> bool:
        """Closes the alarm; False where none was open."""
        query = update(ZaloAlarmRow).where(ZaloAlarmRow.kind == kind, ZaloAlarmRow.cleared_at.is_(None))
        with self._database.session() as session:
            done = session.scalars(query.values(cleared_at=utc_now(), cleared_by=actor).returning(ZaloAlarmRow.id))
            cleared = bool(list(done))
            if cleared and actor != "system":
                record(session, actor, "zalo.alarm_clear", f"zalo:{kind}")
            return cleared

    def open(self) -> list[Alarm]:
        """What is open, the latest first."""
        query = select(ZaloAlarmRow).where(ZaloAlarmRow.cleared_at.is_(None)).order_by(ZaloAlarmRow.last_at.desc())
        with self._database.session(write=False) as session:
            return [Alarm(r.kind, r.detail, r.count, r.first_at, r.last_at) for r in session.scalars(query)]
