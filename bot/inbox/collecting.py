"""From conversations to the inbox: which questions were left open, each once for its conversation.

Abstentions and questions back are put down by the gateway in the turn's own transaction (`unanswered`), which is the
queue read here; thumbs-down and requests for a person are looked for by time. What was said stays masked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from actions.handoff.tickets import HandoffTicket
from bot.gateway.tables import ConversationRow, FeedbackRow, MessageRow, TurnRow, UnansweredRow
from bot.inbox.leases import Marks
from bot.inbox.meaning import digest_of, folded
from bot.inbox.tables import InboxQuestionRow
from bot.inbox.transcript import last_question
from common.clock import utc_now
from common.database import Database
from common.messages import Status

__all__ = ["KINDS", "Collector"]

KINDS = ("handed_off", "unhelpful", "abstained", "clarified")
"""The strongest first: a question that is found twice keeps the stronger kind."""
_LEFT_AFTER = timedelta(minutes=10)
# Rows may be committed a little after the time that they carry; looking twice changes nothing.
_OVERLAP = timedelta(minutes=2)
_ONLY_COMPLAINT = "complaint"
_BATCH = 200
# What may stand between a question back and the citizen's choice.
_IN_BETWEEN = {Status.CLARIFIED, Status.SMALLTALK, Status.CONTROL}


@dataclass(frozen=True)
class _Found:
    conversation_id: str
    question: str
    kind: str
    at: datetime
    message_id: str = ""
    note: str = ""


@dataclass(frozen=True)
class _Place:
    """Where reading goes on: after this moment, and among the rows of one moment after this key."""

    at: datetime
    key: str

    def before(self, at: InstrumentedAttribute[datetime], key: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        return or_(at > self.at, and_(at == self.at, key > self.key))


class Collector:
    """Reads what is new. Idempotent: the same question of the same conversation is kept once."""

    def __init__(self, database: Database, marks: Marks, now: Callable[[], datetime] = utc_now) -> None:
        self._database, self._marks, self._now = database, marks, now

    def collect(self) -> int:
        """Takes over what is new; returns how many questions were added."""
        return self._queued() + self._since("handed_off", self._handed_off) + self._since("unhelpful", self._unhelpful)

    def _queued(self) -> int:
        added = 0
        with self._database.session() as session:
            query = select(UnansweredRow).where(UnansweredRow.resolved_at.is_(None)).order_by(
                UnansweredRow.at).limit(_BATCH)
            for row in session.scalars(query):
                left = row.status == Status.ABSTAINED or self._left(session, row)
                if left is None:
                    continue
                row.resolved_at = self._now()
                if left:
                    message = session.scalar(
                        select(MessageRow.id).where(
                            MessageRow.conversation_id == row.conversation_id, MessageRow.author == "citizen",
                            MessageRow.at <= row.at, MessageRow.text == row.question
                        ).order_by(MessageRow.id.desc()).limit(1))
                    added += _add(session, _Found(
                        row.conversation_id, row.question, row.status, row.at, message or ""))
        return added

    def _left(self, session: Session, row: UnansweredRow) -> bool | None:
        """Whether the citizen left a question back open; None while they may still choose."""
        later = session.scalars(
            select(TurnRow).where(
                TurnRow.conversation_id == row.conversation_id, TurnRow.state == "done",
                TurnRow.started_at > row.at
            ).order_by(TurnRow.started_at)).all()
        decided = next((turn for turn in later if turn.status not in _IN_BETWEEN), None)
        if decided is not None:
            return decided.status not in (Status.ANSWERED, Status.FORM)
        newest = max([row.at, *(turn.started_at for turn in later)])
        return True if self._now() - newest >= _LEFT_AFTER else None

    def _since(self, name: str, read: Callable[[Session, _Place], tuple[list[_Found], _Place | None]]) -> int:
        """A batch a transaction, so that years of rows at the first start hold nobody up."""
        started = self._now()
        with self._marks.held(name) as mine:
            if not mine:
                return 0
            known = self._marks.until(name)
            after = known - _OVERLAP if known else datetime.fromtimestamp(0, started.tzinfo)
            added = 0
            place: _Place | None = _Place(after, "")
            while place is not None:
                with self._database.session() as session:
                    found, place = read(session, place)
                    added += sum(_add(session, item) for item in found)
            self._marks.move(name, started)
        return added

    def _handed_off(self, session: Session, place: _Place) -> tuple[list[_Found], _Place | None]:
        """What was asked before a person was asked for; a complaint is no question."""
        tickets = session.scalars(select(HandoffTicket).where(
            place.before(HandoffTicket.opened_at, HandoffTicket.number), HandoffTicket.reason != _ONLY_COMPLAINT
        ).order_by(HandoffTicket.opened_at, HandoffTicket.number).limit(_BATCH)).all()
        found = []
        for ticket in tickets:
            asked = last_question(session, ticket.conversation_id, ticket.opened_at)
            if asked:
                found.append(_Found(ticket.conversation_id, asked.text, "handed_off", ticket.opened_at, asked.id))
        return found, _Place(tickets[-1].opened_at, tickets[-1].number) if len(tickets) == _BATCH else None

    def _unhelpful(self, session: Session, place: _Place) -> tuple[list[_Found], _Place | None]:
        rows = session.scalars(select(FeedbackRow).where(
            place.before(FeedbackRow.at, FeedbackRow.message_id), FeedbackRow.helpful.is_(False)
        ).order_by(FeedbackRow.at, FeedbackRow.message_id).limit(_BATCH)).all()
        found = []
        for row in rows:
            rated = session.get(MessageRow, (row.conversation_id, row.message_id))
            asked = last_question(session, row.conversation_id, rated.at) if rated else None
            if asked:
                found.append(_Found(row.conversation_id, asked.text, "unhelpful", row.at, asked.id, row.note))
        return found, _Place(rows[-1].at, rows[-1].message_id) if len(rows) == _BATCH else None


def _add(session: Session, found: _Found) -> int:
    """Keeps a question; one that is known takes on the stronger kind and the note."""
    conversation = session.get(ConversationRow, found.conversation_id)
    if conversation is None:
        return 0
    digest = digest_of(found.question)
    known = session.scalar(select(InboxQuestionRow).where(
        InboxQuestionRow.conversation_id == found.conversation_id, InboxQuestionRow.digest == digest))
    if known is not None:
        known.kind = min(known.kind, found.kind, key=KINDS.index)
        known.note = found.note or known.note
        return 0
    session.add(InboxQuestionRow(
        conversation_id=found.conversation_id, digest=digest, question=found.question,
        folded=folded(found.question), kind=found.kind, note=found.note, channel=conversation.channel,
        message_id=found.message_id, at=found.at))
    session.flush()
    return 1
