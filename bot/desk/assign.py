"""Gives waiting conversations to free people: the first in the queue to whoever has been idle longest.

Safe with several replicas: on PostgreSQL the people's rows are locked for the round (a second replica waits, then sees
what was given); on SQLite there is one writer at a time.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from actions.messages import Messages
from bot.desk.cases import claimed
from bot.desk.fence import pass_to
from bot.desk.presence import GONE_AFTER, loads
from bot.desk.tables import DeskAgentRow, DeskCaseRow
from bot.gateway.store import add_message
from bot.gateway.tables import ConversationRow
from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.messages import Reply, Status

__all__ = ["Assigner"]

_ROUND = 20  # cases looked at in one transaction, so that others get their turn in between


class Assigner:
    """`on` False: people claim by hand only."""

    def __init__(self, database: Database, texts: Messages, capacity: int, on: bool) -> None:
        self._database, self._texts, self._capacity, self.on = database, texts, capacity, on

    def run(self) -> list[str]:
        """Assigns what can be assigned now; returns the conversations."""
        if not self.on or not self._possible():
            return []
        with self._database.session() as session:
            people = self._people(session)
            given: list[str] = []
            if not people:
                return given
            for case in _waiting(session):
                agent = next((name for name, unit in people if not case.unit or not unit or unit == case.unit), None)
                if agent is None or not self._give(session, case, agent):
                    continue
                given.append(str(case.conversation_id))
                people = self._people(session)
                if not people:
                    break
            return given

    def _possible(self) -> bool:
        """Whether anybody waits and anybody is free, without a lock: most rounds end here."""
        with self._database.session(write=False) as session:
            waits = session.scalar(select(DeskCaseRow.id).where(*_WAITING).limit(1))
            return waits is not None and bool(self._people(session, lock=False))

    def _people(self, session: Session, lock: bool = True) -> list[tuple[str, str]]:
        """(name, unit) of everybody with room, the longest idle first."""
        query = select(DeskAgentRow).where(
            DeskAgentRow.state == "online", DeskAgentRow.seen_at >= utc_now() - GONE_AFTER).order_by(DeskAgentRow.name)
        rows = list(session.scalars(query.with_for_update() if lock else query))
        if not rows:
            return []
        session.flush()
        taken, latest = loads(session), _latest(session)
        able = [row for row in rows if taken.get(row.name, 0) < (
            self._capacity if row.capacity is None else row.capacity)]
        able.sort(key=lambda row: (max(row.since, latest.get(row.name, row.since)), taken.get(row.name, 0), row.name))
        return [(row.name, row.unit) for row in able]

    def _give(self, session: Session, case: DeskCaseRow, agent: str) -> bool:
        row = session.get(ConversationRow, case.conversation_id, with_for_update=True, populate_existing=True)
        if row is None or row.owner != "waiting":
            return False  # taken by hand or withdrawn meanwhile
        session.refresh(case)
        if case.closed_at is not None or case.agent is not None:
            return False
        pass_to(row, "agent", agent)
        claimed(session, case, agent)
        add_message(session, row, "system", Reply(text=self._texts.render("queue.taken"), status=Status.AGENT))
        record(session, "system", "desk.assign", f"conversation:{row.id}", after={"agent": agent})
        session.flush()
        return True


_WAITING = (DeskCaseRow.closed_at.is_(None), DeskCaseRow.agent.is_(None))


def _waiting(session: Session) -> list[DeskCaseRow]:
    return list(session.scalars(select(DeskCaseRow).where(*_WAITING).order_by(DeskCaseRow.order_at).limit(_ROUND)))


def _latest(session: Session) -> dict[str, datetime]:
    """When each person last took or finished something, of late."""
    moved = func.coalesce(DeskCaseRow.closed_at, DeskCaseRow.claimed_at)
    query = select(DeskCaseRow.agent, func.max(moved)).where(DeskCaseRow.agent.is_not(None)).group_by(DeskCaseRow.agent)
    return {str(name): at for name, at in session.execute(query) if at is not None}
