"""Files both ways while a person answers: checked and cleaned as dossier files are, kept sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from actions.dossiers.attachments.kinds import Kind
from actions.dossiers.attachments.uploads import Upload, Uploads
from actions.messages import Messages
from bot.desk.fence import Fence
from bot.desk.tables import DeskFileRow
from bot.gateway.store import add_message
from bot.gateway.turn import Upload as Arrived
from common.audit import record
from common.database import Database
from common.errors import NotFound
from common.keyring import Keyring
from common.links import Links
from common.messages import Attachment, Reply, Status

__all__ = ["DeskFile", "DeskFiles"]

LINK = "desk-file"
_TAKEN: tuple[Kind, ...] = ("jpg", "png", "pdf")
# As long as a conversation is kept after its last word by default; then the file is gone anyhow.
_LINK_LIFE = timedelta(days=90)


@dataclass(frozen=True)
class DeskFile:
    """One file as the desk lists it."""

    id: str
    author: str
    name: str
    type: str
    size: int
    at: datetime


class DeskFiles:
    """A citizen's file opens for the person who has the conversation; a person's, for whoever has its link."""

    def __init__(
        self, database: Database, keyring: Keyring, uploads: Uploads, links: Links, fence: Fence, texts: Messages,
        base_url: str,
    ) -> None:
        self._database, self._keyring, self._uploads = database, keyring, uploads
        self._links, self._fence, self._texts, self._base_url = links, fence, texts, base_url

    def receive(self, conversation_id: str, arrived: Arrived) -> Attachment:
        """Keeps a citizen's file. Raises InvalidInput, TooLarge, NotReady with the sentence for the citizen."""
        upload = self._uploads.check(arrived.filename, arrived.content, _TAKEN)
        with self._database.session() as session:
            file_id = self._uploads.put(upload.content)
            session.add(self._row(file_id, conversation_id, "citizen", None, upload))
        return self._attachment(file_id, upload)

    def send(self, conversation_id: str, agent: str, epoch: int, arrived: Arrived) -> None:
        """Sends a file to the citizen. Raises Conflict unless `agent` has owned the conversation since `epoch`, and
        what a file's check raises."""
        upload = self._uploads.check(arrived.filename, arrived.content, _TAKEN)
        with self._database.session() as session:
            row = self._fence.held(session, conversation_id, agent, epoch)
            file_id = self._uploads.put(upload.content)
            session.add(self._row(file_id, row.id, "agent", agent, upload))
            text = self._texts.render("file.sent", name=upload.name)
            add_message(session, row, "agent", Reply(
                text=text, status=Status.AGENT, attachments=[self._attachment(file_id, upload)]))
            record(session, agent, "desk.file", f"conversation:{row.id}", after={"type": upload.type})

    def of(self, conversation_id: str) -> Sequence[DeskFile]:
        query = select(DeskFileRow).where(DeskFileRow.conversation_id == conversation_id).order_by(DeskFileRow.at)
        with self._database.session(write=False) as session:
            return [self._listed(row) for row in session.scalars(query)]

    def open(self, conversation_id: str, file_id: str, agent: str) -> Upload:
        """For the person who has the conversation; the look is in the audit log first. Raises NotFound for anybody
        else: not there and not yours look alike."""
        with self._database.session() as session:
            row = session.get(DeskFileRow, file_id)
            conversation = self._fence.row(session, conversation_id)
            if row is None or row.conversation_id != conversation_id or (
                    (conversation.owner, conversation.agent) != ("agent", agent)):
                raise NotFound(self._texts.render("file.gone"))
            record(session, agent, "desk.file_read", f"conversation:{conversation_id}", after={"file": file_id})
            return self._content(row)

    def by_link(self, token: str) -> Upload:
        """For whoever holds the link in the conversation. Raises NotFound."""
        file_id = self._links.open(LINK, token)
        with self._database.session(write=False) as session:
            row = session.get(DeskFileRow, file_id)
            if row is None:
                raise NotFound(self._texts.render("file.gone"))
            return self._content(row)

    def erase(self, conversation_id: str) -> None:
        """Deletes the conversation's files, content first."""
        with self._database.session() as session:
            for row in session.scalars(select(DeskFileRow).where(DeskFileRow.conversation_id == conversation_id)):
                self._uploads.drop(row.id)
                session.delete(row)

    def _row(self, file_id: str, conversation_id: str, author: str, agent: str | None, upload: Upload) -> DeskFileRow:
        return DeskFileRow(
            id=file_id, conversation_id=conversation_id, author=author, agent=agent,
            sealed_name=self._keyring.encrypt(upload.name), type=upload.type, size=len(upload.content))

    def _attachment(self, file_id: str, upload: Upload) -> Attachment:
        token = self._links.make(LINK, file_id, _LINK_LIFE)
        return Attachment(name=upload.name, type=upload.type, url=f"{self._base_url}/talk-files/{token}")

    def _listed(self, row: DeskFileRow) -> DeskFile:
        name = self._keyring.decrypt(row.sealed_name).decode()
        return DeskFile(row.id, row.author, name, row.type, row.size, row.at)

    def _content(self, row: DeskFileRow) -> Upload:
        name = self._keyring.decrypt(row.sealed_name).decode()
        return Upload(name, row.type, self._uploads.content(row.id))
