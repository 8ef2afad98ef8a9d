"""What a citizen typed where masking hid a number: shown to the person who has the conversation, as a logged act."""

from __future__ import annotations

from sqlalchemy import select

from actions.messages import Messages
from bot.desk.fence import Fence
from bot.desk.tables import DeskWordsRow
from common.audit import record
from common.database import Database
from common.errors import InvalidInput, NotFound
from common.identifiers import mask
from common.keyring import Keyring

__all__ = ["SealedWords"]

_REASON = (5, 300)


class SealedWords:
    """Originals of masked messages, kept only while a person has the conversation (`cases.closed` deletes them)."""

    def __init__(self, database: Database, keyring: Keyring, fence: Fence, texts: Messages) -> None:
        self._database, self._keyring, self._fence, self._texts = database, keyring, fence, texts

    def of(self, conversation_id: str) -> set[str]:
        """Ids of the messages whose original can be shown."""
        query = select(DeskWordsRow.message_id).where(DeskWordsRow.conversation_id == conversation_id)
        with self._database.session(write=False) as session:
            return set(session.scalars(query))

    def reveal(self, conversation_id: str, message_id: str, agent: str, epoch: int, reason: str) -> str:
        """The words as typed; who looked and why is in the audit log first.

        Raises Conflict unless `agent` has the conversation since `epoch`, InvalidInput without a reason, NotFound.
        """
        reason = " ".join(reason.split())
        if not _REASON[0] <= len(reason) <= _REASON[1]:
            raise InvalidInput(self._texts.render("problem.reason"), field="reason")
        with self._database.session() as session:
            self._fence.held(session, conversation_id, agent, epoch)
            row = session.get(DeskWordsRow, (conversation_id, message_id))
            if row is None:
                raise NotFound(self._texts.render("problem.sealed"))
            record(session, agent, "desk.reveal", f"conversation:{conversation_id}", after={"message": message_id},
                   reason=mask(reason))
            return self._keyring.decrypt(row.sealed).decode()
