"""From a confirmed draft to a dossier, in one transaction: all of it or nothing, and never twice."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from actions.dossiers.access import grant
from actions.dossiers.eforms.draft_store import Draft, DraftStore
from actions.dossiers.eforms.eform import APPLICANT_ID
from actions.dossiers.eforms.values import Texts
from actions.dossiers.registry.states import FIRST
from actions.dossiers.registry.transitions import SEND, tell
from actions.dossiers.registry.workdays import due_date
from actions.dossiers.tables import (
    DossierEventRow,
    DossierFileRow,
    DossierRow,
    DossierSequenceRow,
    DossierValueRow,
    DraftRow,
)
from actions.outbox import Outbox
from common.clock import local_date, utc_now
from common.database import Database
from common.errors import Conflict, NotFound
from common.keyring import Keyring

__all__ = ["Submissions", "Submitted", "pin_digest"]


@dataclass(frozen=True)
class Submitted:
    """A dossier that exists; `new` is False when it had been submitted before."""

    code: str
    state: str
    form_slug: str
    due_on: date | None
    new: bool


class Submissions:
    """Submits drafts and gives dossier codes."""

    def __init__(
        self, database: Database, keyring: Keyring, store: DraftStore, agency: str, texts: Texts, outbox: Outbox,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._store = store
        self._agency = agency
        self._texts = texts
        self._outbox = outbox

    def submit(self, draft_id: str) -> Submitted:
        """The dossier of a complete, consented draft; the same one when asked again.

        Raises NotFound for an unknown draft, Conflict when something is still to be answered.
        """
        for _ in range(3):
            try:
                with self._database.session() as session:
                    return self._submit(session, draft_id)
            except IntegrityError:
                # Another replica was quicker with this draft or this number: look again.
                continue
        raise Conflict(self._texts.render("eform.submit_again"))

    def latest(self, conversation_id: str) -> Submitted | None:
        """The last dossier submitted in a conversation."""
        with self._database.session(write=False) as session:
            row = session.scalars(select(DossierRow).where(
                DossierRow.conversation_id == conversation_id).order_by(DossierRow.submitted_at.desc())).first()
            return _submitted(row, new=False) if row else None

    def _submit(self, session: Session, draft_id: str) -> Submitted:
        row = session.get(DraftRow, draft_id, with_for_update=True)
        existing = session.scalars(select(DossierRow).where(DossierRow.draft_id == draft_id)).first()
        if existing:
            return _submitted(existing, new=False)
        if row is None or row.open_slot is None:
            raise NotFound(self._texts.render("eform.none_open"))
        draft = self._store.load(session, row)
        if draft.stage != "review":
            raise Conflict(self._texts.render("eform.incomplete"))
        dossier = self._dossier(session, row, draft)
        session.add(dossier)
        session.flush()
        for position, (field, value) in enumerate(draft.answered):
            session.add(DossierValueRow(
                dossier_id=dossier.id, field=field.name, position=position, label=field.label, type=field.type,
                sealed=self._store.sealed(value)))
        event = DossierEventRow(dossier_id=dossier.id, state=FIRST, actor="citizen", at=dossier.submitted_at)
        session.add(event)
        session.execute(update(DossierFileRow).where(
            DossierFileRow.draft_id == draft_id).values(dossier_id=dossier.id))
        grant(session, draft.conversation_id, dossier.id, "submitted")
        self._store.close(session, row, "submitted")
        session.flush()
        tell(self._outbox, session, dossier, event)
        self._outbox.put(session, SEND, dossier.id, dossier.id, {"code": dossier.code})
        return _submitted(dossier, new=True)

    def _dossier(self, session: Session, row: DraftRow, draft: Draft) -> DossierRow:
        now = utc_now()
        today = local_date(now)
        code = f"{self._agency}-{today:%y%m%d}-{self._next_number(session, today):04d}"
        assert row.consent_version and row.consent_at  # a draft on review has consent
        return DossierRow(
            id=secrets.token_hex(16), code=code, draft_id=draft.id, conversation_id=draft.conversation_id,
            form_slug=draft.form.slug, form_version=draft.form.version, procedure_code=draft.form.procedure,
            title=draft.form.title, state=FIRST,
            pin_digest=pin_digest(self._keyring, code, draft.values[APPLICANT_ID].value[-4:]),
            consent_version=row.consent_version, consent_at=row.consent_at, submitted_at=now,
            due_on=due_date(today, draft.form.time_limit), updated_at=now)

    def _next_number(self, session: Session, today: date) -> int:
        where = (DossierSequenceRow.agency == self._agency, DossierSequenceRow.day == today)
        step = update(DossierSequenceRow).where(*where).values(last=DossierSequenceRow.last + 1).returning(
            DossierSequenceRow.last)
        number = session.execute(step).scalar_one_or_none()
        if number is not None:
            return number
        # The first of the day; if two replicas try at once, the loser's transaction is repeated by `submit`.
        session.add(DossierSequenceRow(agency=self._agency, day=today, last=1))
        session.flush()
        return 1


def pin_digest(keyring: Keyring, code: str, pin: str) -> str:
    """What is stored of the PIN; bound to the code so that equal PINs look different."""
    return keyring.digest("dossier-pin", f"{code}:{pin}")


def _submitted(row: DossierRow, *, new: bool) -> Submitted:
    return Submitted(row.code, row.state, row.form_slug, row.due_on, new)
