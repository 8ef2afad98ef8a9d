"""Requests for a person: one open ticket a conversation, with what the person needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, delete, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from common.clock import local_date, utc_now
from common.database import Base, Database, UtcDateTime

__all__ = ["HandoffTicket", "Ticket", "Tickets", "mark", "opened"]

_ATTEMPTS = 5
_MOST_ALSO = 20
_LONGEST_NEED = 300


class HandoffTicket(Base):
    """A request for a person. `status` is open, taken or closed."""

    __tablename__ = "handoff_tickets"
    __table_args__ = (
        # One request at a time: a second tap on "Gặp cán bộ" finds the first ticket.
        Index(
            "uq_handoff_tickets_waiting",
            "conversation_id",
            unique=True,
            sqlite_where=text("status != 'closed'"),
            postgresql_where=text("status != 'closed'"),
        ),
    )

    number: Mapped[str] = mapped_column(String(24), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(64), index=True)
    reason: Mapped[str] = mapped_column(String(40))
    need: Mapped[str] = mapped_column(String(300))
    procedure: Mapped[str | None] = mapped_column(String(40))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    status: Mapped[str] = mapped_column(String(12), default="open", index=True)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Ticket:
    """A ticket as others see it; `new` says that this call opened it."""

    number: str
    conversation_id: str
    reason: str
    need: str
    procedure: str | None
    facts: dict[str, Any]
    status: str
    opened_at: datetime
    new: bool = False


class Tickets:
    """Opens, finds and closes hand-off tickets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(
        self,
        conversation_id: str,
        reason: str,
        need: str,
        procedure: str | None = None,
        facts: dict[str, Any] | None = None,
    ) -> Ticket:
        """The open ticket of the conversation, made when there is none. Numbers run by day: YC-261124-0001.

        A waiting ticket takes another reason or need down under `facts["also"]`, so that the person sees all of it.
        """
        with self._database.session() as session:
            return opened(session, conversation_id, reason, need, procedure, facts)

    def waiting(self, conversation_id: str) -> Ticket | None:
        """The conversation's ticket that is not closed."""
        with self._database.session(write=False) as session:
            row = _waiting(session, conversation_id)
            return _ticket(row) if row else None

    def take(self, number: str) -> None:
        """A person has taken the ticket."""
        self._set(number, "taken", None)

    def close(self, number: str) -> None:
        """The matter is settled; the conversation may open another ticket."""
        self._set(number, "closed", utc_now())

    def unsettled(self, limit: int = 100) -> list[Ticket]:
        """Tickets that are not closed, the oldest first."""
        wanted = select(HandoffTicket).where(HandoffTicket.status != "closed").order_by(HandoffTicket.opened_at)
        with self._database.session(write=False) as session:
            return [_ticket(row) for row in session.scalars(wanted.limit(limit))]

    def erase(self, conversation_id: str) -> None:
        """Deletes the conversation's tickets."""
        with self._database.session() as session:
            session.execute(delete(HandoffTicket).where(HandoffTicket.conversation_id == conversation_id))

    def _set(self, number: str, status: str, closed_at: datetime | None) -> None:
        with self._database.session() as session:
            row = session.get(HandoffTicket, number)
            if row:
                row.status, row.closed_at = status, closed_at


def opened(
    session: Session,
    conversation_id: str,
    reason: str,
    need: str,
    procedure: str | None = None,
    facts: dict[str, Any] | None = None,
) -> Ticket:
    """`Tickets.open` inside the caller's transaction."""
    need = need[:_LONGEST_NEED]
    for attempt in range(_ATTEMPTS):
        known = _waiting(session, conversation_id)
        if known:
            return _also(known, {"reason": reason, "need": need})
        row = HandoffTicket(
            number=_next_number(session, attempt),
            conversation_id=conversation_id,
            reason=reason,
            need=need,
            procedure=procedure,
            facts=facts or {},
        )
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:
            continue  # another request took the number, or opened this conversation's ticket
        return _ticket(row, new=True)
    raise RuntimeError(f"No free ticket number after {_ATTEMPTS} attempts.")


def mark(session: Session, conversation_id: str, status: str) -> None:
    """Sets the conversation's ticket that is not closed to taken or closed; nothing where there is none."""
    row = _waiting(session, conversation_id)
    if row:
        row.status, row.closed_at = status, utc_now() if status == "closed" else None


def _waiting(session: Session, conversation_id: str) -> HandoffTicket | None:
    return session.scalars(
        select(HandoffTicket).where(
            HandoffTicket.conversation_id == conversation_id, HandoffTicket.status != "closed"
        )
    ).first()


def _also(row: HandoffTicket, said: dict[str, str]) -> Ticket:
    """Takes another reason or need down on a ticket that waits already."""
    facts = row.facts or {}
    earlier: list[dict[str, str]] = facts.get("also", [])
    if said not in ({"reason": row.reason, "need": row.need}, *earlier) and len(earlier) < _MOST_ALSO:
        row.facts = {**facts, "also": [*earlier, said]}
    return _ticket(row)


def _next_number(session: Session, ahead: int) -> str:
    prefix = f"YC-{local_date():%y%m%d}-"
    count = session.scalar(select(func.count()).where(HandoffTicket.number.startswith(prefix))) or 0
    return f"{prefix}{count + 1 + ahead:04d}"


def _ticket(row: HandoffTicket, new: bool = False) -> Ticket:
    return Ticket(
        row.number,
        row.conversation_id,
        row.reason,
        row.need,
        row.procedure,
        dict(row.facts or {}),
        row.status,
        row.opened_at,
        new,
    )
