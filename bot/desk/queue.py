"""Reading the queue: pages of it for the desk's tabs, and all open cases at once for those who watch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select

from bot.desk.fence import ON_ZALO
from bot.desk.tables import DeskCaseRow
from bot.gateway.tables import ConversationRow, MessageRow
from common.database import Database

__all__ = ["Queue", "QueueItem", "Tab"]

Tab = Literal["waiting", "mine", "others"]


@dataclass(frozen=True)
class QueueItem:
    """One open case as a line of the desk. `fresh`: the citizen spoke last."""

    id: int
    conversation_id: str
    ticket: str
    need: str
    reason: str
    kind: str
    procedure: str
    field: str
    channel: str
    marks: tuple[str, ...]
    unit: str
    agent: str
    epoch: int
    order_at: datetime
    queued_at: datetime
    waiting_since: datetime
    last_message: str
    fresh: bool

    @property
    def state(self) -> str:
        return "agent" if self.agent else "waiting"

    @property
    def on_zalo(self) -> bool:
        """Whether staff answer it in Zalo's own tool."""
        return self.agent == ON_ZALO


class Queue:
    """`name` gives the short name of a procedure by its code."""

    def __init__(self, database: Database, name: Callable[[str], str]) -> None:
        self._database, self._name = database, name

    def page(self, tab: Tab, agent: str, page: int, size: int) -> tuple[Sequence[QueueItem], bool]:
        """A page of a tab in the order of service, and whether there are more."""
        query = _open().where(_of(tab, agent)).order_by(DeskCaseRow.order_at, DeskCaseRow.id)
        with self._database.session(write=False) as session:
            rows = session.execute(query.offset((page - 1) * size).limit(size + 1)).all()
        return [self._item(row) for row in rows[:size]], len(rows) > size

    def counts(self, agent: str) -> dict[Tab, int]:
        """Number of open cases by tab."""
        tabs: tuple[Tab, ...] = ("waiting", "mine", "others")
        with self._database.session(write=False) as session:
            return {
                tab: session.scalar(select(func.count()).select_from(DeskCaseRow).where(
                    DeskCaseRow.closed_at.is_(None), _of(tab, agent))) or 0
                for tab in tabs
            }

    def everything(self) -> Sequence[QueueItem]:
        """All open cases."""
        with self._database.session(write=False) as session:
            rows = session.execute(_open()).all()
        return [self._item(row) for row in rows]

    def of(self, conversation_id: str) -> QueueItem | None:
        """The open case of a conversation."""
        with self._database.session(write=False) as session:
            row = session.execute(_open().where(DeskCaseRow.conversation_id == conversation_id)).first()
        return self._item(row) if row else None

    def _item(self, row: Any) -> QueueItem:
        case, epoch, last_message, author = row
        return QueueItem(
            case.id, case.conversation_id, case.ticket or "", case.need, case.reason, case.kind,
            self._name(case.procedure or ""), case.field, case.channel, tuple(case.marks), case.unit, case.agent or "",
            epoch, case.order_at, case.queued_at, case.waiting_since, last_message, author == "citizen")


def _open() -> Any:
    return (
        select(DeskCaseRow, ConversationRow.owner_epoch, ConversationRow.last_message, MessageRow.author)
        .join(ConversationRow, ConversationRow.id == DeskCaseRow.conversation_id)
        .outerjoin(MessageRow, (MessageRow.conversation_id == ConversationRow.id)
                   & (MessageRow.id == ConversationRow.last_message))
        .where(DeskCaseRow.closed_at.is_(None))
    )


def _of(tab: Tab, agent: str) -> Any:
    if tab == "waiting":
        return DeskCaseRow.agent.is_(None)
    if tab == "mine":
        return DeskCaseRow.agent == agent
    return DeskCaseRow.agent.is_not(None) & (DeskCaseRow.agent != agent)
