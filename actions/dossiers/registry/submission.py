"""From a confirmed draft to a dossier, in one transaction: all of it or nothing, and never twice."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from actions.dossiers.access import grant
from actions.dossiers.eforms.draft_store import Draft, DraftStore
from actions.dossiers.eforms.eform import APPLICANT_ID, FILED_AT
from actions.dossiers.eforms.values import Texts
from actions.dossiers.identity.person import person_digest
from actions.dossiers.identity.tables import DossierPersonRow
from actions.dossiers.registry.clock import DossierClock
from actions.dossiers.registry.states import FIRST
from actions.dossiers.registry.transitions import CITIZEN, SEND, tell
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
from common.errors import Conflict, InvalidInput, NotFound, SetupProblem
from common.identifiers import parse_dossier_code
from common.keyring import Keyring

__all__ = ["Agencies", "Submissions", "Submitted", "pin_digest"]


class Agencies:
    """The agency code that a dossier code starts with: of the centre that takes the dossier, else the province's."""

    def __init__(self, province: str, centres: Mapping[str, str]) -> None:
        """Raises SetupProblem for a code that could not be read back from a dossier code."""
        for code in (province, *centres.values()):
            try:
                parse_dossier_code(f"{code}-260101-0001")
            except InvalidInput as error:
                raise SetupProblem(f"ISEE_AGENCY_CODE(S): {code!r} is no agency code such as H49 or H49.22") from error
        self._province = province
        self._centres = dict(centres)

    def of(self, centre: str) -> str:
        return self._centres.get(centre, self._province)


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
        self, database: Database, keyring: Keyring, store: DraftStore, agencies: Agencies, clock: DossierClock,
        outbox: Outbox, texts: Texts,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._store = store
        self._agencies = agencies
        self._clock = clock
        self._outbox = outbox
        self._texts = texts
        # What other parts note in the submission's own transaction.
        self.on_submitted: list[Callable[[Session, DossierRow], None]] = []

    def submit(self, draft_id: str, centre: str = "") -> Submitted:
        """The dossier of a complete, consented draft; the same one when asked again.

        `centre`: id of the service centre that takes it; without one, that of the commune which the form says it goes
        to. Raises NotFound for an unknown draft, Conflict when something is still to be answered.
        """
        for _ in range(3):
            try:
                with self._database.session() as session:
                    return self._submit(session, draft_id, centre)
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

    def _submit(self, session: Session, draft_id: str, centre: str) -> Submitted:
        row = session.get(DraftRow, draft_id, with_for_update=True)
        existing = session.scalars(select(DossierRow).where(DossierRow.draft_id == draft_id)).first()
        if existing:
            return _submitted(existing, new=False)
        if row is None or row.open_slot is None:
            raise NotFound(self._texts.render("eform.none_open"))
        draft = self._store.load(session, row)
        if draft.stage != "review":
            raise Conflict(self._texts.render("eform.incomplete"))
        dossier = self._dossier(session, row, draft, centre or draft.plain_values.get(FILED_AT, ""))
        session.add(dossier)
        session.flush()
        self._clock.wind(session, dossier, draft.form.time_limit)
        for position, (field, value) in enumerate(draft.answered):
            session.add(DossierValueRow(
                dossier_id=dossier.id, field=field.name, position=position, label=field.label, type=field.type,
                sealed=self._store.sealed(value)))
        event = DossierEventRow(dossier_id=dossier.id, state=FIRST, actor=CITIZEN, at=dossier.submitted_at)
        session.add(event)
        session.execute(update(DossierFileRow).where(
            DossierFileRow.draft_id == draft_id).values(dossier_id=dossier.id))
        grant(session, draft.conversation_id, dossier.id, "submitted")
        digest = person_digest(self._keyring, draft.values[APPLICANT_ID].value)
        session.add(DossierPersonRow(dossier_id=dossier.id, digest=digest))
        self._store.close(session, row, "submitted")
        session.flush()
        for note in self.on_submitted:
            note(session, dossier)
        tell(self._outbox, session, dossier, event)
        self._outbox.put(session, SEND, dossier.id, dossier.id, {"code": dossier.code})
        return _submitted(dossier, new=True)

    def _dossier(self, session: Session, row: DraftRow, draft: Draft, centre: str) -> DossierRow:
        now, agency = utc_now(), self._agencies.of(centre)
        today = local_date(now)
        code = f"{agency}-{today:%y%m%d}-{_next_number(session, agency, today):04d}"
        assert row.consent_version and row.consent_at  # a draft on review has consent
        return DossierRow(
            id=secrets.token_hex(16), code=code, draft_id=draft.id, conversation_id=draft.conversation_id,
            form_slug=draft.form.slug, form_version=draft.form.version, procedure_code=draft.form.procedure,
            title=draft.form.title, centre=centre, state=FIRST,
            pin_digest=pin_digest(self._keyring, code, draft.values[APPLICANT_ID].value[-4:]),
            consent_version=row.consent_version, consent_at=row.consent_at, submitted_at=now,
            due_on=self._clock.start(session, today, draft.form.time_limit), updated_at=now)


def _next_number(session: Session, agency: str, today: date) -> int:
    """The next number of the day, in one statement: the row is locked until the transaction ends, so numbers have no
    gaps and nobody gets one twice."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    step = insert(DossierSequenceRow).values(agency=agency, day=today, last=1)
    step = step.on_conflict_do_update(
        index_elements=[DossierSequenceRow.agency, DossierSequenceRow.day],
        set_={"last": DossierSequenceRow.last + 1})
    return session.execute(step.returning(DossierSequenceRow.last)).scalar_one()


def pin_digest(keyring: Keyring, code: str, pin: str) -> str:
    """What is stored of the PIN; bound to the code so that equal PINs look different."""
    return keyring.digest("dossier-pin", f"{code}:{pin}")


def _submitted(row: DossierRow, *, new: bool) -> Submitted:
    return Submitted(row.code, row.state, row.form_slug, row.due_on, new)
