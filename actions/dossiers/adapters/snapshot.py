"""A dossier as it is sent outside: its answers in clear and its files, read at the moment of sending."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.dossiers.adapters.contract import FileContent, FormValue, Submission
from actions.dossiers.attachments.uploads import Uploads
from actions.dossiers.registry.requests import RequestStore
from actions.dossiers.tables import DossierFileRow, DossierRow, DossierValueRow
from common.keyring import Keyring

__all__ = ["Snapshots"]

_LONGEST_NOTE = 2000


class Snapshots:
    """Makes submissions and supplements. Personal values stay in memory: nothing here is stored or logged."""

    def __init__(self, keyring: Keyring, uploads: Uploads) -> None:
        self._keyring = keyring
        self._uploads = uploads
        self._requests = RequestStore(keyring)

    def submission(self, session: Session, row: DossierRow) -> Submission:
        return Submission(
            reference=row.code, procedure_code=row.procedure_code, title=row.title, form=row.form_slug,
            submitted_at=row.submitted_at, due_on=row.due_on, fields=self.fields(session, row.id),
            files=self.files(session, row.id))

    def fields(self, session: Session, dossier_id: str) -> list[FormValue]:
        query = select(DossierValueRow).where(
            DossierValueRow.dossier_id == dossier_id).order_by(DossierValueRow.position)
        return [self._value(value) for value in session.scalars(query)]

    def files(self, session: Session, dossier_id: str, without: Collection[str] = ()) -> list[FileContent]:
        """The dossier's files but those in `without`. Raises NotFound when one is gone from the disk."""
        query = select(DossierFileRow.id).where(
            DossierFileRow.dossier_id == dossier_id).order_by(DossierFileRow.created_at, DossierFileRow.id)
        return [self._file(file_id) for file_id in session.scalars(query) if file_id not in without]

    def answers(self, session: Session, dossier_id: str) -> str:
        """What the citizen wrote in answer to requests, one paragraph each, cut to what the contract takes."""
        asked = self._requests.of(session, dossier_id)
        return "\n".join(f"{item.subject}: {item.answer}" for item in asked if item.answer)[:_LONGEST_NOTE]

    def _value(self, row: DossierValueRow) -> FormValue:
        clear = json.loads(self._keyring.decrypt(row.sealed))
        value = clear["value"]
        said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return FormValue(name=row.field, label=row.label, type=row.type, value=said)

    def _file(self, file_id: str) -> FileContent:
        upload = self._uploads.read(file_id)
        return FileContent(
            id=file_id, name=upload.name, type=upload.type, size=len(upload.content),
            sha256=hashlib.sha256(upload.content).hexdigest(), content=base64.b64encode(upload.content).decode())
