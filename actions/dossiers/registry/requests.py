"""What an officer asked a citizen to add, one row a paper or answer: inside the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.dossiers.registry.tables import DossierRequestRow
from actions.dossiers.tables import DossierRow
from common.clock import utc_now
from common.keyring import Keyring

__all__ = ["Asked", "RequestKind", "RequestStore", "Wanted"]

RequestKind = Literal["document", "field", "other"]


@dataclass(frozen=True)
class Wanted:
    """What an officer asks for. `subject`: the guide document's exact name, or the label of a field."""

    kind: RequestKind
    subject: str
    reason: str


@dataclass(frozen=True)
class Asked:
    """One request as its citizen and the officer see it; `files` are ids of uploads, `answer` what was written."""

    id: int
    kind: RequestKind
    subject: str
    reason: str
    state: str
    asked_at: datetime
    answered_at: datetime | None = None
    answer: str = ""
    files: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        return self.state == "open"


class RequestStore:
    """Reasons and answers are sealed: officers and citizens write personal things into them."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def add(self, session: Session, row: DossierRow, wanted: Sequence[Wanted], *, actor: str) -> None:
        now = utc_now()
        session.add_all([
            DossierRequestRow(
                dossier_id=row.id, kind=item.kind, subject=item.subject, asked_by=actor[:100], asked_at=now,
                sealed_reason=self._keyring.encrypt(item.reason))
            for item in wanted])
        session.flush()

    def of(self, session: Session, dossier_id: str) -> list[Asked]:
        """Every request of a dossier, in the order of asking."""
        query = select(DossierRequestRow).where(DossierRequestRow.dossier_id == dossier_id)
        return [self._asked(row) for row in session.scalars(query.order_by(DossierRequestRow.id))]

    def one(self, session: Session, dossier_id: str, number: int) -> Asked | None:
        row = session.get(DossierRequestRow, number)
        return self._asked(row) if row and row.dossier_id == dossier_id else None

    def answer(self, session: Session, number: int, text: str, files: Sequence[str]) -> None:
        """Notes the answer to a request that exists; a later one takes the place of an earlier one."""
        row = session.get_one(DossierRequestRow, number)
        row.sealed_answer = self._keyring.encrypt(json.dumps({"text": text, "files": list(files)}))
        row.state, row.answered_at = "answered", utc_now()
        session.flush()

    def close(self, session: Session, dossier_id: str) -> None:
        """What is still open isn't wanted any more: the dossier went on without it."""
        for row in session.scalars(_open(dossier_id)):
            row.state = "closed"

    def left(self, session: Session, dossier_id: str) -> int:
        """How many are open."""
        return len(session.scalars(_open(dossier_id)).all())

    def _asked(self, row: DossierRequestRow) -> Asked:
        answer = json.loads(self._keyring.decrypt(row.sealed_answer)) if row.sealed_answer else {}
        return Asked(
            row.id, cast(RequestKind, row.kind), row.subject, self._keyring.decrypt(row.sealed_reason).decode(),
            row.state, row.asked_at, row.answered_at, answer.get("text", ""), tuple(answer.get("files", ())))


def _open(dossier_id: str):  # type: ignore[no-untyped-def]  # SQLAlchemy's Select of one entity
    return select(DossierRequestRow).where(
        DossierRequestRow.dossier_id == dossier_id, DossierRequestRow.state == "open")
