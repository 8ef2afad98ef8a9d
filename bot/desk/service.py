"""What a person does at the desk: claim, speak, hand on, return. Each act is one transaction with its audit entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from actions.messages import Messages
from bot.desk.cases import Request, add_note, claimed, closed, open_case, queued, request_of, requeued
from bot.desk.fence import Fence, pass_to
from bot.desk.score import ask_score
from bot.desk.tables import DeskCaseRow
from bot.desk.waits import unasked
from bot.gateway.store import add_message, as_conversation, message_data
from bot.gateway.tables import ConversationRow
from bot.gateway.turn import Conversation
from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.errors import InvalidInput
from common.identifiers import mask
from common.messages import Reply, Status

__all__ = ["OUTCOMES", "AgentDesk"]

OUTCOMES = ("resolved", "referred", "unresolved")
_LONGEST_REPLY = 2000
_LONGEST_NOTE = 1000
_LONGEST_UNIT = 120
_LEAST_REASON = 5


class AgentDesk:
    """Ownership with a fence: an act begun before the last change of owner is refused, so nobody speaks twice.

    Args:
        field: the field of a procedure's guide, by its code ("" where unknown).
    """

    def __init__(self, database: Database, texts: Messages, fence: Fence, field: Callable[[str], str]) -> None:
        self._database, self._texts, self._fence, self._field = database, texts, fence, field

    def take(self, conversation_id: str, agent: str, epoch: int) -> Conversation:
        """Makes `agent` the owner. Raises Conflict when the owner changed since `epoch`, NotFound."""
        with self._database.session() as session:
            row = self._fence.seen(session, conversation_id, epoch)
            before = row.agent
            case = self._case(session, row)
            new = case.agent is None or row.owner != "agent"
            pass_to(row, "agent", agent)
            claimed(session, case, agent)
            if new:
                unasked(session, row, Reply(text=self._texts.render("queue.taken"), status=Status.AGENT))
            record(session, agent, "desk.claim", f"conversation:{row.id}", before={"agent": before},
                   after={"agent": agent})
            return as_conversation(row)

    def say(self, conversation_id: str, agent: str, epoch: int, said: Reply | str) -> dict[str, Any]:
        """Stores the agent's message, personal numbers masked. Raises Conflict unless `agent` has owned the
        conversation since `epoch`, InvalidInput for a text that is empty or too long."""
        if isinstance(said, str):
            said = said.strip()
            if not said or len(said) > _LONGEST_REPLY:
                raise InvalidInput(self._texts.render("problem.text", limit=_LONGEST_REPLY), field="text")
            said = mask(said, keep=("dossier_code",))
        with self._database.session() as session:
            row = self._fence.held(session, conversation_id, agent, epoch)
            case = self._case(session, row)
            case.first_reply_at = case.first_reply_at or utc_now()
            return message_data(add_message(session, row, "agent", said))

    def give_back(
        self, conversation_id: str, epoch: int, agent: str = "", outcome: str = "resolved", note: str = ""
    ) -> Conversation:
        """Lets the bot answer again, with a closing note for staff; a citizen who was answered is asked how it was.

        Raises Conflict, NotFound, InvalidInput (an unknown outcome).
        """
        note = " ".join(note.split())[:_LONGEST_NOTE]
        if outcome not in OUTCOMES:
            raise InvalidInput(self._texts.render("problem.outcome"), field="outcome")
        with self._database.session() as session:
            row = self._fence.seen(session, conversation_id, epoch)
            owner = agent or row.agent or ""
            case = self._case(session, row)
            pass_to(row, "bot")
            closed(session, case, outcome)
            said = self._texts.render(f"outcome.{outcome}")
            text = self._texts.render("note.closing" if note else "note.closing_bare", outcome=said, text=note)
            add_note(session, row.id, owner, "closing", text)
            unasked(session, row, Reply(text=self._texts.render("queue.returned"), status=Status.CONTROL))
            if case.first_reply_at:
                unasked(session, row, ask_score(self._texts, case.id))
            record(session, owner, "desk.return", f"conversation:{row.id}", after={"outcome": outcome})
            return as_conversation(row)

    def transfer(
        self, conversation_id: str, agent: str, epoch: int, reason: str, *, to: str = "", unit: str = ""
    ) -> Conversation:
        """Hands the conversation to the colleague `to`, or back into the queue for `unit` (one of the two), with a
        note for whoever gets it. Raises Conflict, NotFound, InvalidInput."""
        reason, unit = " ".join(reason.split()), " ".join(unit.split())
        if not _LEAST_REASON <= len(reason) <= _LONGEST_NOTE:
            raise InvalidInput(self._texts.render("problem.transfer", limit=_LONGEST_NOTE), field="reason")
        if not to and not 1 < len(unit) <= _LONGEST_UNIT:
            raise InvalidInput(self._texts.render("problem.unit", limit=_LONGEST_UNIT), field="unit")
        with self._database.session() as session:
            row = self._fence.held(session, conversation_id, agent, epoch)
            case = self._case(session, row)
            if to:
                pass_to(row, "agent", to)
                claimed(session, case, to)
                text = self._texts.render("note.transfer_to", agent=to, reason=reason)
                case.transfers += 1
            else:
                pass_to(row, "waiting")
                requeued(case, unit)
                text = self._texts.render("note.transfer_unit", unit=unit, reason=reason)
                told = self._texts.render("queue.transferred", unit=unit)
                unasked(session, row, Reply(text=told, status=Status.HANDED_OFF))
            add_note(session, row.id, agent, "transfer", text)
            record(session, agent, "desk.transfer", f"conversation:{row.id}",
                   before={"agent": agent}, after={"agent": to, "unit": case.unit})
            return as_conversation(row)

    def note(self, conversation_id: str, agent: str, text: str) -> None:
        """A word for colleagues, never shown to the citizen. Raises InvalidInput, NotFound."""
        text = text.strip()
        if not 0 < len(text) <= _LONGEST_NOTE:
            raise InvalidInput(self._texts.render("problem.note", limit=_LONGEST_NOTE), field="note")
        with self._database.session() as session:
            row = self._fence.row(session, conversation_id)
            add_note(session, row.id, agent, "note", text)
            record(session, agent, "desk.note", f"conversation:{row.id}")

    def _case(self, session: Session, row: ConversationRow) -> DeskCaseRow:
        """The open case; one is made for a conversation that a person goes into unasked."""
        case = open_case(session, row.id)
        if case is None:
            request = request_of(session, row.id, "taken")
            procedure = request.procedure or row.last_procedure
            case = queued(session, row, Request(request.reason, request.need, procedure, request.ticket),
                          self._field(procedure or ""))
        return case
