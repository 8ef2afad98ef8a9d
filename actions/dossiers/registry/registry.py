"""The dossier registry: public tracking, an officer's decisions, receipts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.dossiers.eforms.formlib import FormLibrary
from actions.dossiers.eforms.values import Texts
from actions.dossiers.registry.clock import DossierClock
from actions.dossiers.registry.receipt import Receipt
from actions.dossiers.registry.states import State
from actions.dossiers.registry.status import DossierDetail, DossierSummary, PublicStatus
from actions.dossiers.registry.tables import DossierClockRow
from actions.dossiers.registry.tracking import Tracking
from actions.dossiers.registry.transitions import Transitions, tell
from actions.dossiers.registry.views import Views
from actions.dossiers.tables import DossierEventRow, DossierFileRow, DossierRow
from actions.outbox import Outbox
from common.clock import to_local, utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound
from common.identifiers import parse_dossier_code

__all__ = ["Registry"]

_SHORTEST = 5


class Registry:
    """Dossiers after submission."""

    def __init__(
        self, database: Database, forms: FormLibrary, states: dict[str, State], tracking: Tracking,
        transitions: Transitions, clock: DossierClock, views: Views, outbox: Outbox, texts: Texts,
    ) -> None:
        self.states = states
        self._database = database
        self._forms = forms
        self._tracking = tracking
        self._transitions = transitions
        self._clock = clock
        self._views = views
        self._outbox = outbox
        self._texts = texts

    def track(self, code: str, pin: str, client_key: str) -> PublicStatus:
        """The public status, for whoever knows the PIN. Raises as `Tracking.prove` does."""
        return self.status(self._tracking.prove(code, pin, client_key))

    def prove(self, code: str, pin: str, client_key: str) -> str:
        """The code, when the PIN is right; for what needs a PIN besides a link. Raises as `Tracking.prove` does."""
        return self._tracking.prove(code, pin, client_key)

    def status(self, code: str) -> PublicStatus:
        """The public status, for callers who have proved that they may see it (`Access`, a signed link)."""
        with self._database.session(write=False) as session:
            return self._views.public(session, self._row(session, code))

    def advance(
        self, code: str, state: str, *, actor: str, note: str = "", seen: str | None = None
    ) -> DossierSummary:
        """Staff move a dossier on. Raises NotFound, InvalidInput (unknown state, missing reason) or Conflict, also
        where the dossier left the state `seen` on which the decision was made, or an outside system decides."""
        self._transitions.target(state, actor=actor, note=note)
        with self._database.session() as session:
            row = self._row(session, code, lock=True)
            if seen is not None and row.state != seen:
                raise Conflict(self._texts.render("registry.moved_on", code=code))
            self._transitions.by_staff(session, row, state)
            return self.advance_in(session, code, state, actor=actor, note=note)

    def refuse(self, code: str, *, ground: str, reason: str, actor: str, seen: str | None = None) -> DossierSummary:
        """Refuses a dossier: the provision that it fails, and why. Raises InvalidInput without both, else as `advance`
        does."""
        ground, reason = " ".join(ground.split()), " ".join(reason.split())
        if len(ground) < _SHORTEST or len(reason) < _SHORTEST:
            field = "ground" if len(ground) < _SHORTEST else "note"
            raise InvalidInput(self._texts.render("registry.refusal"), field=field)
        note = self._texts.render("registry.refused", ground=ground, reason=reason)
        return self.advance(code, "rejected", actor=actor, note=note, seen=seen)

    def advance_in(self, session: Session, code: str, state: str, *, actor: str, note: str = "") -> DossierSummary:
        """`advance` inside the caller's transaction."""
        self._transitions.target(state, actor=actor, note=note)
        row = self._row(session, code, lock=True)
        self._transitions.move(session, row, state, actor=actor, note=note)
        return self._views.summary(session, row)

    def explain(self, code: str, *, reason: str, expected_on: date | None, actor: str) -> None:
        """Tells the citizen why the result is late and when it is expected. Raises NotFound, InvalidInput, Conflict."""
        with self._database.session() as session:
            row = self._row(session, code, lock=True)
            event = self._clock.explain(session, row, reason=reason, expected_on=expected_on, actor=actor)
            tell(self._outbox, session, row, event)

    def show(self, code: str, *, reveal_to: str = "") -> DossierDetail:
        """A dossier for an officer. Naming `reveal_to` shows personal values and notes the look in the timeline."""
        with self._database.session(write=bool(reveal_to)) as session:
            row = self._row(session, code)
            if reveal_to:
                session.add(DossierEventRow(
                    dossier_id=row.id, kind="access", state=row.state, actor=reveal_to[:100], at=utc_now()))
                session.flush()
            files = session.scalars(select(DossierFileRow).where(DossierFileRow.dossier_id == row.id).order_by(
                DossierFileRow.created_at, DossierFileRow.id))
            next_states, elsewhere = self._ways(session, row)
            clock, lateness = session.get(DossierClockRow, row.id), self._views.lateness(session, row)
            bare = bool(reveal_to)
            return DossierDetail(
                **self._views.summary(session, row).model_dump(), form_slug=row.form_slug,
                fields=self._views.lines(session, row, bare=bare),
                files=[{"id": f.id, "type": f.type, "size": f.size} for f in files],
                requests=self._views.requests(session, row, bare=bare),
                timeline=self._views.timeline(session, row, public=False), consent_version=row.consent_version,
                consent_at=row.consent_at, next_states=next_states, decided_elsewhere=elsewhere,
                promised_on=clock.promised_on if clock else None,
                late_reason=clock.late_reason if clock else lateness.reason,
                expected_on=clock.expected_on if clock else None)

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

    def decided_by(self, decides: Callable[[Session, DossierRow, str], str]) -> None:
        """An outside system decides: `decides` says why staff can't move a dossier to a state here, or ""."""
        self._transitions.decided_elsewhere = decides

    def _ways(self, session: Session, row: DossierRow) -> tuple[list[str], str]:
        """The states that staff may move the dossier to, and why some are left out."""
        ways = {state: self._transitions.decided_elsewhere(session, row, state) for state in self.states[row.state].to}
        return [state for state, why in ways.items() if not why], next((why for why in ways.values() if why), "")

    def _receipt(self, session: Session, row: DossierRow) -> Receipt:
        form = self._forms.get(row.form_slug)
        return Receipt(
            code=row.code, procedure=row.title, procedure_code=row.procedure_code,
            submitted_at=to_local(row.submitted_at), due_on=row.due_on, state=self.states[row.state].label,
            pin_hint=self._texts.render("receipt.pin_hint"), next_steps=form.receipt if form else "",
            fields=self._views.lines(session, row, bare=False), assisted=self._views.assisted(session, row))

    def _row(self, session: Session, code: str, *, lock: bool = False) -> DossierRow:
        query = select(DossierRow).where(DossierRow.code == parse_dossier_code(code).value)
        row = session.scalars(query.with_for_update() if lock else query).first()
        if row is None:
            raise NotFound(self._texts.render("registry.unknown", code=code))
        return row
