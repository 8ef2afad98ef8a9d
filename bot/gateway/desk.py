"""A person at the conversation: take it over, speak in it, give it back. Every act names the epoch it was seen at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from bot.gateway.store import add_message, as_conversation, locked, message_data
from bot.gateway.tables import ConversationRow
from bot.gateway.texts import problem
from bot.gateway.turn import Conversation
from common.database import Database
from common.errors import Conflict
from common.messages import Owner

__all__ = ["AgentDesk"]


@dataclass(frozen=True)
class AgentDesk:
    """Ownership with a fence: an act begun before the last change of owner is refused, so nobody speaks twice."""

    database: Database

    def waiting(self, limit: int = 100) -> list[Conversation]:
        """Conversations that a person has or should have, longest silent first."""
        query = (
            select(ConversationRow)
            .where(ConversationRow.owner.in_(("waiting", "agent")))
            .order_by(ConversationRow.last_at)
            .limit(limit)
        )
        with self.database.session(write=False) as session:
            return [as_conversation(row) for row in session.scalars(query)]

    def take(self, conversation_id: str, agent: str, epoch: int) -> Conversation:
        """Makes `agent` the owner. Raises Conflict when the owner changed since `epoch`, NotFound."""
        return self._change(conversation_id, epoch, "agent", agent)

    def give_back(self, conversation_id: str, epoch: int) -> Conversation:
        """Lets the bot answer again. Raises Conflict, NotFound."""
        return self._change(conversation_id, epoch, "bot", None)

    def say(self, conversation_id: str, agent: str, epoch: int, text: str) -> dict[str, Any]:
        """Stores the agent's message. Raises Conflict unless `agent` has owned the conversation since `epoch`."""
        with self.database.session() as session:
            row = locked(session, conversation_id)
            if (row.owner, row.agent, row.owner_epoch) != ("agent", agent, epoch):
                raise Conflict(problem("owner_changed"))
            return message_data(add_message(session, row, "agent", text))

    def _change(self, conversation_id: str, epoch: int, owner: Owner, agent: str | None) -> Conversation:
        with self.database.session() as session:
            row = locked(session, conversation_id)
            if row.owner_epoch != epoch:
                raise Conflict(problem("owner_changed"))
            row.owner, row.agent, row.owner_epoch = owner, agent, epoch + 1
            return as_conversation(row)
