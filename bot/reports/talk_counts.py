"""Counts of one day of conversations: how they ended, turns by status, topics, requests for a person, satisfaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from actions.appointments.tables import AppointmentRow
from actions.dossiers.tables import DossierRow
from actions.handoff.tickets import HandoffTicket
from bot.desk.tables import DeskCaseRow, SatisfactionRow
from bot.gateway.tables import ConversationRow, FeedbackRow, MessageRow, TurnRow
from bot.reports.counting import Cell, Day, Tally, bucket

__all__ = ["FieldOf", "count_talks", "procedure_of"]

FieldOf = Callable[[str], str]
_BATCH = 400  # parameters of one IN list


@dataclass(frozen=True)
class _Where:
    """What a conversation's counts are put under."""

    channel: str = ""
    centre: str = ""


class _Places:
    """Channel and centre of conversations; looked up in batches and kept for the day."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, _Where] = {}

    def load(self, ids: Iterable[str]) -> None:
        missing = sorted(set(ids) - self._known.keys())
        centres: dict[str, str] = {}
        # The place of a conversation is that of what came of it: the dossier first, else the appointment.
        for column, key in (
            (AppointmentRow.point_id, AppointmentRow.conversation_id), (DossierRow.centre, DossierRow.conversation_id)
        ):
            for batch in _batches(missing):
                rows = self._session.execute(select(key, column).where(key.in_(batch), column != ""))
                centres.update((row[0], row[1]) for row in rows)
        channels: dict[str, str] = {}
        for batch in _batches(missing):
            rows = self._session.execute(
                select(ConversationRow.id, ConversationRow.channel).where(ConversationRow.id.in_(batch)))
            channels.update((row[0], row[1]) for row in rows)
        for one in missing:
            self._known[one] = _Where(channels.get(one, ""), centres.get(one, ""))

    def of(self, conversation_id: str) -> _Where:
        return self._known.get(conversation_id, _Where())


def count_talks(session: Session, day: Day, tally: Tally, field_of: FieldOf) -> None:
    """Adds the day's conversations, turns, topics, requests and words on answers to the tally."""
    places = _Places(session)
    _talks(session, day, tally, field_of, places)
    _turns(session, day, tally, field_of, places)
    _handoffs(session, day, tally, field_of, places)
    _feedback(session, day, tally, field_of, places)
    _scores(session, day, tally, field_of, places)


def procedure_of(message: Any) -> str:
    """The procedure that a stored message answers about; "" for none."""
    answer = message.get("answer") if isinstance(message, dict) else None
    named = answer.get("procedure") if isinstance(answer, dict) else None
    return str(named.get("code", ""))[:48] if isinstance(named, dict) else ""


def _talks(session: Session, day: Day, tally: Tally, field_of: FieldOf, places: _Places) -> None:
    began = (ConversationRow.created_at >= day.start, ConversationRow.created_at < day.end)
    query = select(ConversationRow.id, ConversationRow.owner, ConversationRow.last_procedure).where(*began)
    rows = session.execute(query).all()
    places.load(row.id for row in rows)

    def those(column: Any, *conditions: Any) -> set[str]:
        return set(session.scalars(
            select(column).distinct().join(ConversationRow, ConversationRow.id == column).where(*began, *conditions)))

    spoke = those(TurnRow.conversation_id)
    person = those(HandoffTicket.conversation_id) | those(MessageRow.conversation_id, MessageRow.author == "agent")
    for row in rows:
        handed = row.owner != "bot" or row.id in person
        label = "person" if handed else "alone" if row.id in spoke else "silent"
        where = places.of(row.id)
        tally.add(Cell("talk", label, where.channel, where.centre, field_of(row.last_procedure or "")))


def _turns(session: Session, day: Day, tally: Tally, field_of: FieldOf, places: _Places) -> None:
    query = select(TurnRow.conversation_id, TurnRow.status, TurnRow.result).where(
        TurnRow.started_at >= day.start, TurnRow.started_at < day.end, TurnRow.state == "done")
    topics: set[tuple[str, str]] = set()
    rows = session.execute(query).all()
    places.load(row.conversation_id for row in rows)
    for row in rows:
        named = [code for message in (row.result or {}).get("messages", []) if (code := procedure_of(message))]
        topics.update((row.conversation_id, code) for code in named)
        where, field = places.of(row.conversation_id), field_of(named[-1]) if named else ""
        tally.add(Cell("turn", row.status or "error", where.channel, where.centre, field))
    for conversation_id, procedure in topics:
        where = places.of(conversation_id)
        tally.add(Cell("topic", "", where.channel, where.centre, field_of(procedure), procedure))


def _handoffs(session: Session, day: Day, tally: Tally, field_of: FieldOf, places: _Places) -> None:
    case = DeskCaseRow
    cases = session.execute(select(
        case.conversation_id, case.channel, case.reason, case.procedure, case.queued_at, case.first_reply_at,
    ).where(case.queued_at >= day.start, case.queued_at < day.end)).all()
    places.load(row.conversation_id for row in cases if row.conversation_id)
    for row in cases:
        centre = places.of(row.conversation_id or "").centre
        where = (row.channel, centre, field_of(row.procedure or ""))
        _handoff(tally, row.reason, where, row.queued_at, row.first_reply_at)
    _tickets(session, day, tally, field_of, places)


def _tickets(session: Session, day: Day, tally: Tally, field_of: FieldOf, places: _Places) -> None:
    """Requests that never became a case of the desk: those from before it, and those left for the next morning."""
    ticket = HandoffTicket
    rows = session.execute(select(
        ticket.conversation_id, ticket.reason, ticket.procedure, ticket.opened_at,
    ).where(
        ticket.opened_at >= day.start, ticket.opened_at < day.end,
        ticket.number.not_in(select(DeskCaseRow.ticket).where(DeskCaseRow.ticket.is_not(None))),
    )).all()
    places.load(row.conversation_id for row in rows)
    for row in rows:
        where = places.of(row.conversation_id)
        first = session.scalar(select(func.min(MessageRow.at)).where(
            MessageRow.conversation_id == row.conversation_id, MessageRow.author == "agent",
            MessageRow.at >= row.opened_at))
        at = (where.channel, where.centre, field_of(row.procedure or ""))
        _handoff(tally, row.reason, at, row.opened_at, first)


def _handoff(
    tally: Tally, reason: str, where: tuple[str, str, str], asked: datetime, answered: datetime | None
) -> None:
    tally.add(Cell("handoff", reason, *where))
    seconds = (answered - asked).total_seconds() if answered else 0.0
    tally.add(Cell("wait", bucket(seconds) if answered else "none", *where), amount=seconds)


def _feedback(session: Session, day: Day, tally: Tally, field_of: FieldOf, places: _Places) -> None:
    query: Select[Any] = (
        select(FeedbackRow.conversation_id, FeedbackRow.helpful, MessageRow.payload, ConversationRow.last_procedure)
        .join(MessageRow, (MessageRow.conversation_id == FeedbackRow.conversation_id)
              & (MessageRow.id == FeedbackRow.message_id))
        .join(ConversationRow, ConversationRow.id == FeedbackRow.conversation_id)
        .where(FeedbackRow.at >= day.start, FeedbackRow.at < day.end)
    )
    rows = session.execute(query).all()
    places.load(row.conversation_id for row in rows)
    for row in rows:
        where = places.of(row.conversation_id)
        procedure = procedure_of(row.payload) or row.last_procedure or ""
        label = "yes" if row.helpful else "no"
        tally.add(Cell("helpful", label, where.channel, where.centre, field_of(procedure), procedure))


def _scores(session: Session, day: Day, tally: Tally, field_of: FieldOf, places: _Places) -> None:
    row = SatisfactionRow
    query = select(row.conversation_id, row.procedure, row.centre, row.score).where(
        row.at >= day.start, row.at < day.end)
    rows = session.execute(query).all()
    places.load(one.conversation_id for one in rows if one.conversation_id)
    for one in rows:
        where, procedure = places.of(one.conversation_id), one.procedure or ""
        centre = one.centre[:32] or where.centre
        cell = Cell("score", str(one.score), where.channel, centre, field_of(procedure), procedure)
        tally.add(cell, amount=one.score)


def _batches(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start:start + _BATCH]
