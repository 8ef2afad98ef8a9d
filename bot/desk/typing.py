"""Who is typing. Kept in the database, so that it reaches the other side through any replica."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete

from bot.desk.tables import DeskTypingRow
from bot.gateway.tables import ConversationRow
from common.clock import utc_now
from common.database import Database

__all__ = ["SHOWN_FOR", "Typing"]

Side = Literal["citizen", "agent"]
# How long after the last key the other side is still told.
SHOWN_FOR = timedelta(seconds=6)


class Typing:
    """Notes and reads; only while a person has the conversation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, conversation_id: str, side: Side, agent: str = "") -> bool:
        """`side` typed just now; False (and nothing kept) where no person has the conversation, or not `agent`."""
        with self._database.session() as session:
            row = session.get(ConversationRow, conversation_id)
            if row is None or row.owner != "agent" or (side == "agent" and row.agent != agent):
                return False
            session.merge(DeskTypingRow(conversation_id=conversation_id, author=side, at=utc_now()))
            return True

    def latest(self, conversation_id: str, side: Side) -> datetime | None:
        """When `side` was last seen typing, if just now."""
        with self._database.session(write=False) as session:
            row = session.get(DeskTypingRow, (conversation_id, side))
            return row.at if row and utc_now() - row.at < SHOWN_FOR else None

    def erase(self, conversation_id: str) -> None:
        with self._database.session() as session:
            session.execute(delete(DeskTypingRow).where(DeskTypingRow.conversation_id == conversation_id))
