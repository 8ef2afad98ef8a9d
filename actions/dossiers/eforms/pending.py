"""Sealed inputs under opaque references, so that the dialogue engine never sees a personal value."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import delete
from sqlalchemy.orm import Session

from actions.dossiers.tables import PendingInputRow, PinRequestRow
from common.clock import utc_now
from common.database import Database
from common.keyring import Keyring

__all__ = ["Entered", "Pending"]

_LIFE = timedelta(hours=1)
Kind = Literal["text", "choice", "file", "pin"]


@dataclass(frozen=True)
class Entered:
    """What a reference stood for: typed text, a button's value, a file id, or a PIN with dossier code and caller."""

    kind: Kind
    text: str
    dossier_code: str = ""
    client: str = ""


class Pending:
    """References are single use and live an hour."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    def put(self, conversation_id: str, kind: Kind, text: str, dossier_code: str = "", client: str = "") -> str:
        """Seals `text`; returns its reference."""
        ref = secrets.token_hex(12)
        sealed = self._keyring.encrypt(json.dumps({"text": text, "code": dossier_code, "client": client}))
        with self._database.session() as session:
            session.execute(delete(PendingInputRow).where(PendingInputRow.expires_at < utc_now()))
            session.add(PendingInputRow(
                ref=ref, conversation_id=conversation_id, kind=kind, sealed=sealed, expires_at=utc_now() + _LIFE))
        return ref

    def take(self, conversation_id: str, ref: str) -> Entered | None:
        """What `ref` stood for, once; None when unknown, used, expired or another conversation's."""
        with self._database.session() as session:
            return self.take_in(session, conversation_id, ref)

    def take_in(self, session: Session, conversation_id: str, ref: str) -> Entered | None:
        """`take` inside the caller's transaction, so that a failed turn does not use the reference up."""
        row = session.get(PendingInputRow, ref, with_for_update=True)
        if row is None or row.conversation_id != conversation_id:
            return None
        session.delete(row)
        if row.expires_at < utc_now():
            return None
        data = json.loads(self._keyring.decrypt(row.sealed))
        return Entered(row.kind, data["text"], data["code"], data.get("client", ""))  # type: ignore[arg-type]

    def expect(self, conversation_id: str, purpose: str) -> None:
        """The next text of this conversation may be for `purpose` (a short word), for an hour."""
        with self._database.session() as session:
            session.merge(PendingInputRow(
                ref=_expected(conversation_id, purpose), conversation_id=conversation_id, kind="choice",
                sealed=self._keyring.encrypt(purpose), expires_at=utc_now() + _LIFE))

    def expects(self, conversation_id: str, purpose: str) -> bool:
        with self._database.session(write=False) as session:
            row = session.get(PendingInputRow, _expected(conversation_id, purpose))
            return row is not None and row.expires_at >= utc_now()

    def unexpect(self, conversation_id: str, purpose: str) -> None:
        with self._database.session() as session:
            ref = _expected(conversation_id, purpose)
            session.execute(delete(PendingInputRow).where(PendingInputRow.ref == ref))

    def expect_pin(self, conversation_id: str, dossier_code: str) -> None:
        """The next four digits of this conversation are the PIN of `dossier_code`."""
        with self._database.session() as session:
            session.merge(PinRequestRow(
                conversation_id=conversation_id, dossier_code=dossier_code, expires_at=utc_now() + _LIFE))

    def expected_pin(self, conversation_id: str) -> str | None:
        """The dossier code whose PIN is awaited."""
        with self._database.session(write=False) as session:
            row = session.get(PinRequestRow, conversation_id)
            return row.dossier_code if row and row.expires_at >= utc_now() else None

    def forget_pin(self, conversation_id: str) -> None:
        with self._database.session() as session:
            session.execute(delete(PinRequestRow).where(PinRequestRow.conversation_id == conversation_id))


def _expected(conversation_id: str, purpose: str) -> str:
    """One reference a conversation and purpose: nobody who sends it takes anything, for it seals nothing."""
    return f"{purpose[:8]}:" + hashlib.blake2s(f"{conversation_id}/{purpose}".encode(), digest_size=10).hexdigest()
