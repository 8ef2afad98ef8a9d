"""Answering a request for a supplement in the chat: which request is being answered, and what was sent for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete

from actions.dossiers.attachments.uploads import Uploads
from actions.dossiers.eforms.intake import Captured
from actions.dossiers.eforms.pending import Pending
from actions.dossiers.eforms.speech import Speech
from actions.dossiers.registry.tables import DossierRequestRow, SupplementAskRow
from actions.dossiers.supplement_files import ACCEPT
from actions.messages import Messages
from common.clock import utc_now
from common.database import Database
from common.identifiers import find

__all__ = ["SupplementChat"]

_LIFE = timedelta(hours=1)


class SupplementChat:
    """The dialogue engine sees an opaque reference in place of what was written or sent."""

    def __init__(
        self, database: Database, pending: Pending, uploads: Uploads, speech: Speech, texts: Messages,
    ) -> None:
        self._database = database
        self._pending = pending
        self._uploads = uploads
        self._speech = speech
        self._texts = texts

    def expect(self, conversation_id: str, request_id: int) -> None:
        """The next file or text of this conversation answers the request."""
        with self._database.session() as session:
            session.merge(SupplementAskRow(
                conversation_id=conversation_id, request_id=request_id, expires_at=utc_now() + _LIFE))

    def expected(self, conversation_id: str) -> int | None:
        """The request that is being answered."""
        with self._database.session(write=False) as session:
            row = session.get(SupplementAskRow, conversation_id)
            return row.request_id if row and row.expires_at >= utc_now() else None

    def forget(self, conversation_id: str) -> None:
        with self._database.session() as session:
            session.execute(delete(SupplementAskRow).where(SupplementAskRow.conversation_id == conversation_id))

    def capture(self, conversation_id: str, text: str) -> Captured | None:
        """A written answer, sealed; None when no text is awaited, or this is a question or a command."""
        if self._kind(conversation_id) not in ("field", "other"):
            return None
        if self._speech.is_other(text) or any(match.kind == "dossier_code" for match in find(text)):
            return None
        return self._captured(conversation_id, text.strip(), "supplement.given_text")

    def capture_upload(self, conversation_id: str, filename: str, content: bytes) -> Captured | None:
        """A file checked and stored; None when none is awaited. Raises as `Uploads.check` does."""
        if self._kind(conversation_id) not in ("document", "other"):
            return None
        file_id = self._uploads.store(conversation_id, self._uploads.check(filename, content, ACCEPT))
        return self._captured(conversation_id, "", "supplement.given_file", [file_id])

    def take(self, conversation_id: str, ref: str) -> tuple[str, list[str]] | None:
        """Text and file ids behind a reference, once."""
        entered = self._pending.take(conversation_id, ref)
        if entered is None:
            return None
        data = json.loads(entered.text)
        return data["text"], data["files"]

    def _captured(
        self, conversation_id: str, text: str, transcript: str, files: Sequence[str] = ()
    ) -> Captured:
        ref = self._pending.put(conversation_id, "text", json.dumps({"text": text, "files": list(files)}))
        return Captured(f'/supplement_dossier{{"eform_input":"{ref}"}}', self._texts.render(transcript))

    def _kind(self, conversation_id: str) -> str | None:
        number = self.expected(conversation_id)
        if number is None:
            return None
        with self._database.session(write=False) as session:
            row = session.get(DossierRequestRow, number)
            return row.kind if row and row.state != "closed" else None
