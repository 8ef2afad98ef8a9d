"""Turns in the database: taken by one process at a time, recorded before Rasa is asked, settled once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from bot.gateway.holders import new_holder
from bot.gateway.store import add_message, as_conversation, locked, message_data
from bot.gateway.tables import ConversationRow, MessageRow, TurnRow, UnansweredRow
from bot.gateway.texts import say
from bot.gateway.turn import AtDesk, Conversation, Outcome, Turn
from common.clock import utc_now
from common.database import Database
from common.messages import Button, Owner, Reply, Status, public

__all__ = ["Begun", "TurnStore"]

_UNANSWERED = {Status.CLARIFIED, Status.ABSTAINED}


@dataclass(frozen=True)
class Begun:
    """What was found when a turn took the conversation: `earlier` when this client id is settled already,
    `citizen_message` when a process died after storing it."""

    conversation: Conversation
    earlier: Outcome | None = None
    citizen_message: str | None = None


class TurnStore:
    """The database side of a turn. A lease keeps a second process out of a conversation that is being answered.

    Asyncio locks order the turns inside one process; the lease does so across processes, and runs out by itself
    when its holder was killed. What was killed at this `place` (`holders.place`) is freed at the next start there,
    instead of a lease's length later.
    """

    def __init__(self, database: Database, lease_s: float, desk: AtDesk, place: str) -> None:
        self._database, self._desk = database, desk
        self.lease_s = lease_s
        self._lease = timedelta(seconds=lease_s)
        self._place, self._me = place, new_holder(place)

    def clear_leases(self) -> None:
        """Frees what an earlier process in this one's place held when it was killed; on SQLite nobody else can be."""
        free = update(ConversationRow)
        if not self._database.url.startswith("sqlite"):
            free = free.where(ConversationRow.busy_by.startswith(self._place))
        with self._database.session() as session:
            session.execute(free.values(busy_by=None, busy_until=None))

    def begin(self, conversation_id: str, client_id: str) -> Begun | None:
        """Takes the conversation for a turn; None while another process holds it. Raises NotFound."""
        now = utc_now()
        take = (
            update(ConversationRow)
            .where(
                ConversationRow.id == conversation_id,
                or_(ConversationRow.busy_until.is_(None), ConversationRow.busy_until < now),
            )
            .values(busy_by=self._me, busy_until=now + self._lease)
            .returning(ConversationRow.id)
        )
        with self._database.session() as session:
            taken = session.scalar(take)
            row = locked(session, conversation_id)
            if taken is None:
                return None
            known = session.get(TurnRow, (conversation_id, client_id))
            earlier = _outcome(session, known) if known and known.state == "done" else None
            return Begun(as_conversation(row), earlier, known.citizen_message if known else None)

    def release(self, conversation_id: str) -> None:
        """Gives the conversation free, if this process still holds it."""
        query = update(ConversationRow).where(
            ConversationRow.id == conversation_id, ConversationRow.busy_by == self._me
        )
        with self._database.session() as session:
            session.execute(query.values(busy_by=None, busy_until=None))

    def record(self, turn: Turn) -> str:
        """Stores the citizen's masked message and the running turn together; gives the message's id."""
        with self._database.session() as session:
            row = locked(session, turn.conversation.id)
            message = add_message(session, row, "citizen", turn.transcript)
            if turn.attachments:
                message.payload = {"attachments": [public(attachment) for attachment in turn.attachments]}
            self._desk.recorded(session, row, message.id, turn)
            session.add(
                TurnRow(
                    conversation_id=row.id,
                    client_id=turn.inbound.client_id,
                    state="running",
                    citizen_message=message.id,
                )
            )
            return message.id

    def settle(self, turn: Turn) -> Outcome:
        """Stores the replies and the turn's result in one transaction, and frees the conversation.

        The fence: where the owner changed since the turn began, a person has had the conversation in between, and what
        the bot was about to say is dropped; where the bot has it again, the citizen may ask again with one tap.
        """
        status = turn.status or Status.ERROR
        with self._database.session() as session:
            row = locked(session, turn.conversation.id)
            if row.owner_epoch != turn.conversation.epoch:
                status = Status.AGENT if row.owner == "agent" else Status.CONTROL
                added = [add_message(session, row, "system", reply) for reply in _ask_again(row, turn)]
            else:
                added = [add_message(session, row, "bot", reply) for reply in turn.replies]
                _conclude(session, row, turn, status)
                told = self._desk.settled(session, row, turn)
                added += [add_message(session, row, "system", reply) for reply in told]
            messages = [message_data(message) for message in added]
            owner: Owner = as_conversation(row).owner
            said = turn.citizen_message or ""
            outcome = Outcome(messages, owner, status, turn.took_ms, said, _stored_text(session, row.id, said))
            session.execute(
                update(TurnRow)
                .where(TurnRow.conversation_id == row.id, TurnRow.client_id == turn.inbound.client_id)
                .values(
                    state="done",
                    status=status.value,
                    took_ms=outcome.took_ms,
                    result={"messages": messages, "owner": owner, "unaided": turn.unaided},
                )
            )
            if row.busy_by == self._me:
                row.busy_by = row.busy_until = None
        return outcome


def _conclude(session: Session, row: ConversationRow, turn: Turn, status: Status) -> None:
    """What a finished turn leaves on its conversation."""
    row.language = turn.language
    named = [reply.answer.procedure.code for reply in turn.replies if reply.answer]
    if named:
        row.last_procedure = named[-1]
    if status is Status.HANDED_OFF and row.owner == "bot":
        row.owner = "waiting"
        row.owner_epoch += 1
    if status in _UNANSWERED and turn.question:
        session.add(UnansweredRow(conversation_id=row.id, question=turn.question, status=status.value))


def _ask_again(row: ConversationRow, turn: Turn) -> list[Reply]:
    """What a citizen is told whose question nobody answers, since a person came and went while the bot was at it."""
    again = turn.inbound.payload or turn.question
    if row.owner == "agent" or turn.captured:
        return []
    buttons = [Button(title=say("retry"), payload=again)] if again else []
    return [Reply(text=say("owner_came_and_went"), status=Status.CONTROL, buttons=buttons)]


def _outcome(session: Session, row: TurnRow) -> Outcome:
    result = row.result or {"messages": [], "owner": "bot"}
    return Outcome(
        result["messages"], result["owner"], Status(row.status or "error"), row.took_ms or 0.0, row.citizen_message,
        _stored_text(session, row.conversation_id, row.citizen_message))


def _stored_text(session: Session, conversation_id: str, message_id: str) -> str:
    """A message's words as they are stored; "" where there are none."""
    message = session.get(MessageRow, (conversation_id, message_id)) if message_id else None
    return message.text if message else ""
