"""The dossier registry: states, timeline, public tracking by code and PIN, receipts."""

from __future__ import annotations

import hmac
import json
import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.dossiers.eforms.formlib import FormLibrary
from actions.dossiers.eforms.values import Texts, masked
from actions.dossiers.registry.attempts import LookupLimit
from actions.dossiers.registry.receipt import Receipt, ReceiptLine
from actions.dossiers.registry.states import load_states
from actions.dossiers.registry.status import DossierDetail, DossierSummary, PublicStatus, TimelineEntry
from actions.dossiers.registry.submission import pin_digest
from actions.dossiers.registry.transitions import Transitions
from actions.dossiers.tables import DossierEventRow, DossierFileRow, DossierRow, DossierValueRow
from actions.outbox import Outbox
from common.clock import to_local, utc_now
from common.database import Database
from common.errors import InvalidInput, NotFound, TooManyRequests
from common.identifiers import mask, parse_dossier_code
from common.keyring import Keyring

__all__ = ["Registry"]


class Registry:
    """Dossiers after submission."""

    def __init__(
        self, database: Database, keyring: Keyring, forms: FormLibrary, texts: Texts, outbox: Outbox
    ) -> None:
        self.states = load_states()
        self._transitions = Transitions(self.states, outbox, texts)
        self._database = database
        self._keyring = keyring
        self._forms = forms
        self._texts = texts
        self._limit = LookupLimit(keyring)

    def track(self, code: str, pin: str, client_key: str) -> PublicStatus:
        """The public status. Raises InvalidInput (shape of code or PIN), NotFound (wrong PIN or no such dossier:
        the same words and the same work) and TooManyRequests after five wrong tries in a quarter of an hour."""
        code = parse_dossier_code(code).value
        pin = pin.strip()
        if not re.fullmatch(r"[0-9]{4}", pin):
            raise InvalidInput(self._texts.render("track.pin_format"), field="pin")
        keys = self._limit.keys(code, client_key)
        status: PublicStatus | None = None
        with self._database.session() as session:
            wait = self._limit.wait(session, keys)
            row = session.scalars(select(DossierRow).where(DossierRow.code == code)).first()
            stored = row.pin_digest if row else "0" * 64
            matches = hmac.compare_digest(stored, pin_digest(self._keyring, code, pin)) and row is not None
            if not wait and not matches:
                self._limit.record(session, keys)
            if not wait and matches and row is not None:
                status = self._public(session, row)
        if wait:
            raise TooManyRequests(self._texts.render("track.too_many", minutes=int(wait // 60) + 1), retry_after=wait)
        if status is None:
            raise NotFound(self._texts.render("track.not_found"))
        return status

    def status(self, code: str) -> PublicStatus:
        """The public status, for callers who have proved that they may see it (`Access`, a signed link)."""
        with self._database.session(write=False) as session:
            return self._public(session, self._row(session, code))

    def advance(self, code: str, state: str, *, actor: str, note: str = "") -> DossierSummary:
        """Moves a dossier on. Raises NotFound, InvalidInput (unknown state, missing reason) or Conflict."""
        with self._database.session() as session:
            return self.advance_in(session, code, state, actor=actor, note=note)

    def advance_in(self, session: Session, code: str, state: str, *, actor: str, note: str = "") -> DossierSummary:
        """`advance` inside the caller's transaction."""
        self._transitions.target(state, actor=actor, note=note)
        row = self._row(session, code, lock=True)
        self._transitions.move(session, row, state, actor=actor, note=note)
        return self._summary(row)

    def dossiers(self, state: str | None = None, limit: int = 50, offset: int = 0) -> list[DossierSummary]:
        """Dossiers, the latest first."""
        with self._database.session(write=False) as session:
            query = select(DossierRow).order_by(DossierRow.submitted_at.desc(), DossierRow.code.desc())
            if state:
                query = query.where(DossierRow.state == state)
            return [self._summary(row) for row in session.scalars(query.limit(limit).offset(offset))]

    def show(self, code: str, *, reveal_to: str = "") -> DossierDetail:
        """A dossier for an officer. Naming `reveal_to` shows personal values and notes the look in the timeline."""
        with self._database.session(write=bool(reveal_to)) as session:
            row = self._row(session, code)
            if reveal_to:
                session.add(DossierEventRow(
                    dossier_id=row.id, kind="access", state=row.state, actor=reveal_to[:100], at=utc_now()))
                session.flush()
            files = session.scalars(select(DossierFileRow).where(DossierFileRow.dossier_id == row.id))
            return DossierDetail(
                **self._summary(row).model_dump(), fields=self._lines(session, row, bare=bool(reveal_to)),
                files=[{"id": f.id, "type": f.type, "size": f.size} for f in files],
                timeline=self._timeline(session, row, public=False), consent_version=row.consent_version,
                consent_at=row.consent_at, next_states=self.states[row.state].to)

    def receipt(self, code: str, conversation_id: str) -> Receipt:
        """The receipt of a dossier, for the conversation that submitted it; NotFound for any other."""
        with self._database.session(write=False) as session:
            row = self._row(session, code)
            if row.conversation_id != conversation_id:
                raise NotFound(self._texts.render("registry.unknown", code=code))
            return self._receipt(session, row)

    def receipt_of(self, draft_id: str, conversation_id: str) -> Receipt | None:
        """The receipt of the dossier that a draft became; None when it became none in this conversation."""
        query = select(DossierRow).where(
            DossierRow.draft_id == draft_id, DossierRow.conversation_id == conversation_id)
        with self._database.session(write=False) as session:
            row = session.scalars(query).first()
            return self._receipt(session, row) if row else None

    def _receipt(self, session: Session, row: DossierRow) -> Receipt:
        form = self._forms.get(row.form_slug)
        return Receipt(
            code=row.code, procedure=row.title, procedure_code=row.procedure_code,
            submitted_at=to_local(row.submitted_at), due_on=row.due_on, state=self.states[row.state].label,
            pin_hint=self._texts.render("receipt.pin_hint"), next_steps=form.receipt if form else "",
            fields=self._lines(session, row, bare=False))

    def _row(self, session: Session, code: str, *, lock: bool = False) -> DossierRow:
        query = select(DossierRow).where(DossierRow.code == parse_dossier_code(code).value)
        row = session.scalars(query.with_for_update() if lock else query).first()
        if row is None:
            raise NotFound(self._texts.render("registry.unknown", code=code))
        return row

    def _public(self, session: Session, row: DossierRow) -> PublicStatus:
        state = self.states[row.state]
        return PublicStatus(
            code=row.code, procedure=row.title, procedure_code=row.procedure_code, status=row.state,
            status_label=state.label, status_text=state.description, submitted_at=to_local(row.submitted_at),
            due_on=row.due_on, next_step=state.next_step, timeline=self._timeline(session, row, public=True))

    def _summary(self, row: DossierRow) -> DossierSummary:
        return DossierSummary(
            code=row.code, procedure_code=row.procedure_code, title=row.title, state=row.state,
            label=self.states[row.state].label, submitted_at=to_local(row.submitted_at), due_on=row.due_on)

    def _timeline(self, session: Session, row: DossierRow, *, public: bool) -> list[TimelineEntry]:
        query = select(DossierEventRow).where(DossierEventRow.dossier_id == row.id).order_by(DossierEventRow.id)
        entries = []
        for event in session.scalars(query):
            if event.kind == "state":
                label = self.states[event.state].label
            elif public:
                continue
            else:
                label = self._texts.render("registry.access")
            # Officers' names are no business of whoever holds the code; numbers in notes are masked.
            entries.append(TimelineEntry(
                state=event.state, label=label, at=to_local(event.at), note=mask(event.note) if public else event.note,
                actor="" if public else event.actor))
        return entries

    def _lines(self, session: Session, row: DossierRow, *, bare: bool) -> list[ReceiptLine]:
        query = select(DossierValueRow).where(DossierValueRow.dossier_id == row.id).order_by(DossierValueRow.position)
        lines = []
        for value in session.scalars(query):
            display = json.loads(self._keyring.decrypt(value.sealed))["display"]
            lines.append(ReceiptLine(label=value.label, value=display if bare else masked(value.label, display)))
        return lines
