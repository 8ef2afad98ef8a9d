"""What the channel keeps of a conversation's words goes when those words go."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from bot.zalo.tables import ZaloButtonRow, ZaloEventRow, ZaloMenuRow, ZaloPartRow, ZaloUserRow
from common.clock import utc_now
from common.database import Database

__all__ = ["Erasing"]

_OPEN = ("waiting", "sending", "unknown")


class Erasing:
    """Deleting a conversation takes its parts along by itself. A conversation that is only emptied needs this, and what
    hangs on the citizen: the menu, and events that were given up, which hold their words for another try by hand."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def erase(self, conversation_id: str) -> None:
        """Deletes messages that were sent or given up, tokens, the menu and events that were given up; what is still to
        be sent goes out, what just came in is still answered."""
        with self._database.session() as session:
            user = select(ZaloUserRow.user_id).where(ZaloUserRow.conversation_id == conversation_id)
            session.execute(
                update(ZaloEventRow).where(ZaloEventRow.subject.in_(user), ZaloEventRow.state == "dead")
                .values(state="done", sealed=None, done_at=utc_now()))
            session.execute(delete(ZaloMenuRow).where(ZaloMenuRow.user_id.in_(user)))
            session.execute(delete(ZaloButtonRow).where(ZaloButtonRow.conversation_id == conversation_id))
            session.execute(delete(ZaloPartRow).where(
                ZaloPartRow.conversation_id == conversation_id, ZaloPartRow.state.not_in(_OPEN)))
