"""Cases of the desk inside the caller's transaction: opened, claimed, queued again, closed.

Lock order everywhere: the conversation first, then its case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from actions.handoff.tickets import HandoffTicket, mark
from bot.desk.priority import is_urgent, order_at, repeated_within
from bot.desk.tables import DeskCaseRow, DeskNoteRow, DeskWordsRow
from bot.gateway.tables import ConversationRow, MessageRow
from common.clock import utc_now
from common.identifiers import mask

__all__ = ["Request", "add_note", "claimed", "closed", "open_case", "queued", "request_of", "requeued", "urgent"]

_RECENT_WORDS = 5
_LONGEST_NEED = 300


@dataclass(frozen=True)
class Request:
    """Why a person is wanted; `ticket` is what the citizen was told."""

    reason: str
    need: str = ""
    procedure: str | None = None
    ticket: str | None = None


def open_case(session: Session, conversation_id: str) -> DeskCaseRow | None:
    """The case of the conversation that is not closed."""
    return session.scalars(
        select(DeskCaseRow).where(DeskCaseRow.conversation_id == conversation_id, DeskCaseRow.closed_at.is_(None))
    ).first()


def queued(
    session: Session, row: ConversationRow, request: Request, field: str, *, kind: str = "live"
) -> DeskCaseRow:
    """A new waiting case of a locked conversation that has none open."""
    now = utc_now()
    marks = _marks(session, row, request)
    case = DeskCaseRow(
        conversation_id=row.id, ticket=request.ticket, reason=request.reason, kind=kind, unit="",
        procedure=request.procedure, field=field, channel=row.channel, language=row.language,
        need=request.need[:_LONGEST_NEED], marks=marks, order_at=order_at(now, marks), queued_at=now, waiting_since=now,
        transfers=0,
    )
    session.add(case)
    session.flush()
    return case


def claimed(session: Session, case: DeskCaseRow, agent: str, now: datetime | None = None) -> None:
    """A person has it now."""
    case.agent = agent
    case.claimed_at = case.claimed_at or now or utc_now()
    if case.conversation_id:
        mark(session, case.conversation_id, "taken")


def requeued(case: DeskCaseRow, unit: str) -> None:
    """Waits again, for `unit`; the time already waited for this request is not counted against it."""
    now = utc_now()
    case.agent, case.unit, case.kind = None, unit, "live"
    case.waiting_since = now
    case.order_at = order_at(now, case.marks)
    case.transfers += 1
    case.told_place = case.told_minutes = case.told_at = case.nudged_at = None


def closed(session: Session, case: DeskCaseRow, outcome: str) -> None:
    """The stay with people ends; the ticket is settled and words kept for the person are gone."""
    case.closed_at, case.outcome = utc_now(), outcome
    if case.conversation_id:
        mark(session, case.conversation_id, "closed")
        for words in session.scalars(select(DeskWordsRow).where(
                DeskWordsRow.conversation_id == case.conversation_id)):
            session.delete(words)


def urgent(case: DeskCaseRow, text: str) -> None:
    """Moves a waiting case up when the citizen speaks of danger."""
    if "urgent" not in case.marks and is_urgent(text):
        case.marks = [*case.marks, "urgent"]
        case.order_at = order_at(case.waiting_since, case.marks)


def add_note(session: Session, conversation_id: str, author: str, kind: str, text: str) -> None:
    """A word for colleagues; personal numbers in it are masked."""
    session.add(DeskNoteRow(
        conversation_id=conversation_id, author=author, kind=kind, text=mask(text, keep=("dossier_code",))))


def request_of(session: Session, conversation_id: str, reason: str) -> Request:
    """The request as its ticket has it, or a bare one where there is none."""
    ticket = session.scalars(select(HandoffTicket).where(
        HandoffTicket.conversation_id == conversation_id, HandoffTicket.status != "closed")).first()
    if ticket is None:
        return Request(reason, _last_words(session, conversation_id))
    return Request(ticket.reason, ticket.need, ticket.procedure, ticket.number)


def _marks(session: Session, row: ConversationRow, request: Request) -> list[str]:
    marks = [request.reason] if request.reason in ("complaint", "failure") else []
    times, within = repeated_within()
    earlier = session.scalar(select(func.count()).select_from(DeskCaseRow).where(
        DeskCaseRow.conversation_id == row.id, DeskCaseRow.queued_at > utc_now() - within)) or 0
    if earlier >= times:
        marks.append("repeated")
    if any(is_urgent(text) for text in (request.need, *_citizens_words(session, row.id, _RECENT_WORDS))):
        marks.append("urgent")
    return marks


def _last_words(session: Session, conversation_id: str) -> str:
    return next(iter(_citizens_words(session, conversation_id, 1)), "")


def _citizens_words(session: Session, conversation_id: str, count: int) -> Iterable[str]:
    return session.scalars(
        select(MessageRow.text).where(MessageRow.conversation_id == conversation_id, MessageRow.author == "citizen")
        .order_by(MessageRow.id.desc()).limit(count)).all()
