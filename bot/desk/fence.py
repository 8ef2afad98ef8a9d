"""The fence: one conversation has one owner, and whoever speaks shows the epoch since which it is theirs.

Every change of owner raises the conversation's epoch. What was begun under an older one (a bot's answer still being
made, a form on a screen that is out of date) is refused, so bot and person never both answer.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from actions.messages import Messages
from bot.gateway.store import locked
from bot.gateway.tables import ConversationRow
from common.errors import Conflict, NotFound
from common.messages import Owner

__all__ = ["ON_ZALO", "Fence", "pass_to"]

ON_ZALO = "Zalo OA"
"""The agent of a conversation that staff answer in Zalo's own tool: the platform tells us a number for the person, and
no name that the desk would know."""


class Fence:
    """Checks inside the caller's transaction; the conversation's row stays locked until it ends."""

    def __init__(self, texts: Messages) -> None:
        self._texts = texts

    def seen(self, session: Session, conversation_id: str, epoch: int) -> ConversationRow:
        """The conversation, if its owner is still the one seen at `epoch`. Raises Conflict (saying who), NotFound."""
        row = self.row(session, conversation_id)
        if row.owner_epoch != epoch:
            raise self._moved_on(row)
        return row

    def held(self, session: Session, conversation_id: str, agent: str, epoch: int) -> ConversationRow:
        """The conversation, if `agent` has owned it since `epoch`. Raises Conflict (saying who does), NotFound."""
        row = self.row(session, conversation_id)
        if (row.owner, row.agent, row.owner_epoch) != ("agent", agent, epoch):
            raise self._moved_on(row)
        return row

    def row(self, session: Session, conversation_id: str) -> ConversationRow:
        """The conversation, locked. Raises NotFound."""
        try:
            return locked(session, conversation_id)
        except NotFound as error:
            raise NotFound(self._texts.render("problem.gone")) from error

    def _moved_on(self, row: ConversationRow) -> Conflict:
        key = {"agent": "taken", "waiting": "waiting"}.get(row.owner, "returned")
        return Conflict(self._texts.render(f"conflict.{key}", agent=row.agent or ""))


def pass_to(row: ConversationRow, owner: Owner, agent: str | None = None) -> None:
    """Changes the owner of a locked conversation; what was begun before is void from now on."""
    row.owner, row.agent = owner, agent
    row.owner_epoch += 1
