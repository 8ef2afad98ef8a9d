"""Attached files handed out, to those entitled and to nobody else; and an officer's word that a file is good."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.dossiers.access import Access
from actions.dossiers.attachments.uploads import Upload, Uploads
from actions.dossiers.eforms.values import Texts
from actions.dossiers.papers.tables import PaperCheckRow, PaperCopyRow
from actions.dossiers.registry.offers import Offer
from actions.dossiers.registry.status import PublicStatus
from actions.dossiers.tables import DossierEventRow, DossierFileRow, DossierRow, DossierValueRow
from common.clock import local_date, to_local, utc_now
from common.database import Database
from common.errors import InvalidInput, NotFound
from common.identifiers import parse_dossier_code
from common.keyring import Keyring

__all__ = ["AttachedFile", "Check", "Files", "Provenance"]

_ONE_LOOK = timedelta(minutes=15)
_FARTHEST = timedelta(days=366 * 50)


@dataclass(frozen=True)
class Check:
    """An officer's word that the file is a true copy; `until` None: the paper names no end."""

    actor: str
    on: date
    until: date | None


@dataclass(frozen=True)
class Provenance:
    """Where a reused file comes from."""

    dossier_code: str
    title: str
    checked_on: date
    until: date | None
    consent_at: datetime


@dataclass(frozen=True)
class AttachedFile:
    """One file of a dossier, as pages list it."""

    id: str
    label: str
    name: str
    type: str
    size: int
    check: Check | None
    copied: Provenance | None


class Files:
    """Every way to the content of an attached file goes through here."""

    def __init__(self, database: Database, keyring: Keyring, uploads: Uploads, access: Access, texts: Texts) -> None:
        self._database = database
        self._keyring = keyring
        self._uploads = uploads
        self._access = access
        self._texts = texts

    def for_conversation(self, conversation_id: str, file_id: str) -> Upload:
        """For the conversation that sent it while in draft, later for whoever has access to the dossier.

        Raises NotFound: a file that isn't there and somebody else's look alike.
        """
        with self._database.session(write=False) as session:
            row = session.get(DossierFileRow, file_id)
            if row is None:
                raise self._gone()
            if row.dossier_id is None:
                if row.conversation_id != conversation_id:
                    raise self._gone()
            else:
                try:
                    self._access.check(session, conversation_id, session.get_one(DossierRow, row.dossier_id).code)
                except NotFound:
                    raise self._gone() from None
        return self._uploads.read(file_id)

    def for_link(self, code: str, file_id: str) -> Upload:
        """For whoever holds the dossier's own link (`DossierPages`), which the caller opened. Raises NotFound."""
        with self._database.session(write=False) as session:
            self._row(session, code, file_id)
        return self._uploads.read(file_id)

    def for_officer(self, code: str, file_id: str, actor: str) -> Upload:
        """For an officer; the look is written into the timeline first. Raises NotFound, InvalidInput (no actor)."""
        with self._database.session() as session:
            row, dossier = self._row(session, code, file_id)
            self._note(session, dossier, "access", actor, self._looked(session, dossier, row))
        return self._uploads.read(file_id)

    def page_for_officer(self, code: str, file_id: str, page: int, actor: str) -> tuple[int, bytes]:
        """(pages, one of them as JPEG; for page 0 only their number); who turns the pages of one file is noted once.

        Raises as `for_officer` does, and InvalidInput for a page that isn't there."""
        with self._database.session() as session:
            row, dossier = self._row(session, code, file_id)
            note = self._looked(session, dossier, row)
            if not self._noted(session, dossier, actor, note):
                self._note(session, dossier, "access", actor, note)
        return self._uploads.drawn(self._uploads.read(file_id), page)

    def of(self, code: str) -> list[AttachedFile]:
        """The files of a dossier, in the order of its form; the caller has checked who asks. Raises NotFound."""
        with self._database.session(write=False) as session:
            dossier = self._dossier(session, code)
            labels = self._labels(session, dossier)
            rows = session.scalars(
                select(DossierFileRow).where(DossierFileRow.dossier_id == dossier.id)
                .order_by(DossierFileRow.created_at, DossierFileRow.id))
            order = list(labels)
            listed = [self._attached(session, row, labels.get(row.id, "")) for row in rows]
            return sorted(listed, key=lambda file: order.index(file.id) if file.id in labels else len(order))

    def offers(self, status: PublicStatus) -> list[Offer]:
        """The way to the files on a dossier's page, where there are any."""
        return [Offer(self._texts.render("offer_page"), "/files", 80)] if self.of(status.code) else []

    def verify(self, file_id: str, until: date | None, actor: str) -> Check:
        """Marks a file as checked by `actor`, good until `until` (None: the paper names no end); repeatable.

        Raises NotFound, InvalidInput (an end in the past or absurdly far, no actor).
        """
        today = local_date()
        if until is not None and until < today:
            raise InvalidInput(self._texts.render("file.past"), field="until")
        if until is not None and until - today > _FARTHEST:
            raise InvalidInput(self._texts.render("file.far", years=50), field="until")
        with self._database.session() as session:
            row, dossier = self._of_dossier(session, file_id)
            check = PaperCheckRow(file_id=row.id, actor=actor.strip()[:100], checked_at=utc_now(), valid_until=until)
            session.merge(check)
            label = self._labels(session, dossier).get(row.id, "")
            self._note(session, dossier, "paper", actor, self._texts.render("file.verified", label=label, until=until))
            return _check(check)

    def withdraw(self, file_id: str, actor: str) -> None:
        """Takes the mark back: the file is offered to nobody again. Raises NotFound, InvalidInput."""
        with self._database.session() as session:
            row, dossier = self._of_dossier(session, file_id)
            check = session.get(PaperCheckRow, row.id)
            if check is None:
                raise self._gone()
            session.delete(check)
            label = self._labels(session, dossier).get(row.id, "")
            self._note(session, dossier, "paper", actor, self._texts.render("file.withdrawn", label=label))

    def _attached(self, session: Session, row: DossierFileRow, label: str) -> AttachedFile:
        check = session.get(PaperCheckRow, row.id)
        copy = session.get(PaperCopyRow, row.id)
        copied = Provenance(
            copy.dossier_code, copy.title, copy.checked_on, copy.valid_until, to_local(copy.consent_at)
        ) if copy else None
        name = self._keyring.decrypt(row.sealed_name).decode()
        return AttachedFile(row.id, label, name, row.type, row.size, _check(check) if check else None, copied)

    def _labels(self, session: Session, dossier: DossierRow) -> dict[str, str]:
        """The label of the question that each file answers, in the order of the form."""
        values = session.scalars(
            select(DossierValueRow).where(DossierValueRow.dossier_id == dossier.id, DossierValueRow.type == "file")
            .order_by(DossierValueRow.position))
        return {json.loads(self._keyring.decrypt(value.sealed))["value"]: value.label for value in values}

    def _note(self, session: Session, dossier: DossierRow, kind: str, actor: str, note: str) -> None:
        if not actor.strip():
            raise InvalidInput(self._texts.render("file.actor"), field="actor")
        session.add(DossierEventRow(
            dossier_id=dossier.id, kind=kind, state=dossier.state, actor=actor.strip()[:100], note=note[:1000],
            at=utc_now()))

    def _looked(self, session: Session, dossier: DossierRow, row: DossierFileRow) -> str:
        """Which file was looked at: by its label, or by its place among those that have none."""
        labels = self._labels(session, dossier)
        others = session.scalars(
            select(DossierFileRow.id).where(DossierFileRow.dossier_id == dossier.id)
            .order_by(DossierFileRow.created_at, DossierFileRow.id)).all()
        number = [file for file in others if file not in labels].index(row.id) + 1 if row.id not in labels else 0
        return self._texts.render("file.looked", label=labels.get(row.id, ""), number=number)

    def _noted(self, session: Session, dossier: DossierRow, actor: str, note: str) -> bool:
        """Whether the same look stands in the timeline already, not long ago."""
        return session.scalar(select(DossierEventRow.id).where(
            DossierEventRow.dossier_id == dossier.id, DossierEventRow.kind == "access", DossierEventRow.actor == actor,
            DossierEventRow.note == note, DossierEventRow.at > utc_now() - _ONE_LOOK).limit(1)) is not None

    def _row(self, session: Session, code: str, file_id: str) -> tuple[DossierFileRow, DossierRow]:
        dossier = self._dossier(session, code)
        row = session.get(DossierFileRow, file_id)
        if row is None or row.dossier_id != dossier.id:
            raise self._gone()
        return row, dossier

    def _of_dossier(self, session: Session, file_id: str) -> tuple[DossierFileRow, DossierRow]:
        row = session.get(DossierFileRow, file_id)
        if row is None or row.dossier_id is None:
            raise self._gone()
        return row, session.get_one(DossierRow, row.dossier_id)

    def _dossier(self, session: Session, code: str) -> DossierRow:
        row = session.scalars(select(DossierRow).where(DossierRow.code == parse_dossier_code(code).value)).first()
        if row is None:
            raise self._gone()
        return row

    def _gone(self) -> NotFound:
        return NotFound(self._texts.render("file.gone"))


def _check(row: PaperCheckRow) -> Check:
    return Check(row.actor, local_date(row.checked_at), row.valid_until)
