"""How the channel stands, for staff: what came and went in the last day, and what did not arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from bot.zalo.errors import fault, fault_of
from bot.zalo.model import Act, SendFailed
from bot.zalo.tables import ZaloAlarmRow, ZaloEventRow, ZaloPartRow, ZaloUserRow
from common.clock import utc_now
from common.database import Database

__all__ = ["Overview", "Traffic", "Undelivered"]

_DAY, _MONTH = timedelta(days=1), timedelta(days=30)
_SIGNATURE = "zalo_signature"


@dataclass(frozen=True)
class Traffic:
    """Counts of the last 24 hours, but for `people` (all), `to_send` (now) and `mismatches` (30 days)."""

    last_event: datetime | None
    events: int
    sent: int
    to_send: int
    failed: int
    people: int
    mismatches: int


@dataclass(frozen=True)
class Undelivered:
    """A message that didn't arrive, or of which nobody knows. It shows no word of what was said."""

    conversation_id: str
    kind: str
    author: str
    state: str
    code: int | None
    says: str
    at: datetime


class Overview:
    """Reads only. Synchronous: call from a worker thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def traffic(self) -> Traffic:
        now = utc_now()
        since = now - _DAY
        parts = select(ZaloPartRow.state, func.count()).where(ZaloPartRow.created_at > since).group_by(
            ZaloPartRow.state)
        events = select(func.max(ZaloEventRow.received_at)), select(func.count()).select_from(ZaloEventRow).where(
            ZaloEventRow.received_at > since)
        to_send = select(func.count()).select_from(ZaloPartRow).where(
            ZaloPartRow.state.in_(("waiting", "sending", "unknown")))
        forged = select(func.sum(ZaloAlarmRow.count)).where(
            ZaloAlarmRow.kind == _SIGNATURE, ZaloAlarmRow.last_at > now - _MONTH)
        with self._database.session(write=False) as session:
            found = {row[0]: row[1] for row in session.execute(parts)}
            return Traffic(
                last_event=session.scalar(events[0]), events=session.scalar(events[1]) or 0,
                sent=found.get("sent", 0), failed=found.get("failed", 0), to_send=session.scalar(to_send) or 0,
                people=session.scalar(select(func.count()).select_from(ZaloUserRow)) or 0,
                mismatches=session.scalar(forged) or 0)

    def undelivered(self, limit: int = 50) -> Sequence[Undelivered]:
        """Messages given up or unknown, the latest first."""
        query = (
            select(ZaloPartRow).where(ZaloPartRow.state.in_(("failed", "unknown")))
            .order_by(ZaloPartRow.id.desc()).limit(limit))
        with self._database.session(write=False) as session:
            return [
                Undelivered(row.conversation_id, row.kind, row.author, row.state, row.code, _says(row), row.created_at)
                for row in session.scalars(query)
            ]


def _says(row: ZaloPartRow) -> str:
    """Why, in words: by the platform's code, else by the name of what happened."""
    if row.code is not None:
        return fault_of(SendFailed(Act.PERMANENT, row.code)).says
    try:
        return fault(row.error).says
    except KeyError:
        return row.error
