"""What the channel keeps of a conversation's words goes when those words go."""

from __future__ import annotations

from sqlalchemy import delete, select

from bot.zalo.tables import ZaloButtonRow, ZaloMenuRow, ZaloPartRow, ZaloUserRow
from common.database import Database

__all__ = ["Erasing"]

_OPEN = ("waiting", "sending", "unknown")


class Erasing:
    """Deleting a conversation takes its parts along by itself; a conversation that is only emptied needs this."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def erase(self, conversation_id: str) -> None:
        """Deletes messages that were sent or given up, tokens and the menu; what is still to be sent goes out."""
        with self._database.session() as session:
            user = select(ZaloUserRow.user_id).where(ZaloUserRow.conversation_id == conversation_id)
            session.execute(delete(ZaloMenuRow).where(ZaloMenuRow.user_id.in_(user)))
            session.execute(delete(ZaloButtonRow).where(ZaloButtonRow.conversation_id == conversation_id))
            session.execute(delete(ZaloPartRow).where(
                ZaloPartRow.conversation_id == conversation_id, ZaloPartRow.state.not_in(_OPEN)))
