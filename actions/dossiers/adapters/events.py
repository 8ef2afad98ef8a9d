"""What the outside system reports, worked off in its own order: twice, late and out of order change nothing.

Each step is stored before it is used. Steps are applied from `sequence` + 1 on; one that comes too early waits until
the steps before it are here (by callback, or fetched by `catch_up`). A step that our rules cannot follow is kept for
staff with its reason, and the steps after it go on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from actions.dossiers.adapters.contract import OutsideDossier, StatusEvent, Step
from actions.dossiers.adapters.mapping import StateMap
from actions.dossiers.adapters.tables import OutsideDossierRow, OutsideEventRow
from actions.dossiers.eforms.values import Texts
from actions.dossiers.registry.registry import Registry
from actions.dossiers.tables import DossierRow
from actions.outbox import Outbox
from common.clock import utc_now
from common.database import Database
from common.errors import Conflict, ISeeError
from common.keyring import Keyring

__all__ = ["CATCH_UP", "Events", "Outcome", "link_of"]

CATCH_UP = "registry.catch_up"
_PATIENCE = timedelta(seconds=20)
_LONGEST_NOTE = 1000
Outcome = Literal["applied", "waiting", "duplicate", "stale", "kept"]


class Events:
    """Stores and applies outside steps."""

    def __init__(
        self, database: Database, keyring: Keyring, outbox: Outbox, registry: Registry, mapping: StateMap, texts: Texts,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._outbox = outbox
        self._registry = registry
        self._mapping = mapping
        self._texts = texts

    def receive(self, event: StatusEvent) -> Outcome:
        """A verified callback: stored, and applied if it is its turn. Repeating it changes nothing."""
        for _ in range(3):
            try:
                with self._database.session() as session:
                    return self._receive(session, event)
            except IntegrityError:
                continue  # the same event on another replica: look again
        raise Conflict(self._texts.render("outside.busy"))

    def absorb(self, session: Session, dossier: DossierRow, outside: OutsideDossier) -> None:
        """The outside system's whole history of a dossier, into the caller's transaction."""
        link = link_of(session, dossier.id)
        if link.outside_code not in (None, outside.code):
            # The system lost our dossier and took it anew under another code: what it says now counts from 1.
            link.sequence = 0
        link.outside_code, link.state, link.problem = outside.code, "sent", ""
        link.sent_at = link.sent_at or utc_now()
        link.checked_at = utc_now()
        session.flush()
        for step in outside.history:
            if not self._known(session, outside.code, step.sequence, ""):
                self._store(session, f"{outside.code}/{step.sequence}", outside.code, dossier.code, step, dossier.id)
        session.flush()
        self._apply(session, dossier, link)

    def _receive(self, session: Session, event: StatusEvent) -> Outcome:
        if self._known(session, event.code, event.sequence, event.event_id):
            return "duplicate"
        dossier = session.scalars(
            select(DossierRow).where(DossierRow.code == event.reference).with_for_update()).first()
        link = link_of(session, dossier.id) if dossier else None
        row = self._store(session, event.event_id, event.code, event.reference, event, dossier.id if dossier else None)
        if dossier is None or link is None:
            return self._keep(session, row, "unknown_dossier")
        if link.outside_code is None:
            # A callback may overtake the answer to our own submission.
            link.outside_code, link.state, link.sent_at = event.code, "sent", utc_now()
        elif link.outside_code != event.code:
            return self._keep(session, row, "other_code")
        if event.sequence <= link.sequence:
            row.outcome = "stale"
            session.flush()
            return "stale"
        session.flush()
        self._apply(session, dossier, link)
        if row.outcome == "waiting":
            self._outbox.put(
                session, CATCH_UP, f"{dossier.id}:{event.sequence}", dossier.id, {"code": dossier.code},
                utc_now() + _PATIENCE)
        return row.outcome  # type: ignore[return-value]  # the column holds an Outcome

    def _apply(self, session: Session, dossier: DossierRow, link: OutsideDossierRow) -> None:
        waiting = session.scalars(select(OutsideEventRow).where(
            OutsideEventRow.outside_code == link.outside_code, OutsideEventRow.outcome == "waiting",
            OutsideEventRow.dossier_id == dossier.id).order_by(OutsideEventRow.sequence)).all()
        for row in waiting:
            if row.sequence != link.sequence + 1:
                break
            link.sequence, link.outside_state = row.sequence, row.state
            reason = self._follow(session, dossier, row)
            if reason:
                self._keep(session, row, reason)
            else:
                row.outcome = "applied"
        session.flush()

    def _follow(self, session: Session, dossier: DossierRow, row: OutsideEventRow) -> str:
        """Moves our dossier to what the step means; returns why it cannot, or ""."""
        if self._mapping.ours(row.state) is None:
            return "unknown_state"
        moves = self._mapping.moves(dossier.state, row.state)
        if moves is None:
            return "illegal"
        said = self._keyring.decrypt(row.sealed_note).decode()[:_LONGEST_NOTE].strip()
        actor = self._texts.render("outside.actor")
        try:
            for state in moves:
                last = state == moves[-1]
                why = said or self._texts.render("outside.no_reason") if self._registry.states[state].note else said
                self._registry.advance_in(session, dossier.code, state, actor=actor, note=why if last else "")
        except ISeeError:
            return "illegal"
        return ""

    def _known(self, session: Session, code: str, sequence: int, event_id: str) -> bool:
        same_step = (OutsideEventRow.outside_code == code) & (OutsideEventRow.sequence == sequence)
        query = select(OutsideEventRow.id).where(or_(same_step, OutsideEventRow.event_id == event_id))
        return session.scalar(query.limit(1)) is not None

    def _store(
        self, session: Session, event_id: str, code: str, reference: str, step: Step, dossier_id: str | None
    ) -> OutsideEventRow:
        row = OutsideEventRow(
            event_id=event_id, outside_code=code, reference=reference, sequence=step.sequence, dossier_id=dossier_id,
            state=step.state, sealed_note=self._keyring.encrypt(step.note), at=step.at, received_at=utc_now(),
            outcome="waiting", reason="")
        session.add(row)
        return row

    def _keep(self, session: Session, row: OutsideEventRow, reason: str) -> Outcome:
        row.outcome, row.reason = "kept", reason
        session.flush()
        return "kept"


def link_of(session: Session, dossier_id: str) -> OutsideDossierRow:
    """The dossier's counterpart, locked; made when there is none."""
    row = session.get(OutsideDossierRow, dossier_id, with_for_update=True)
    if row is None:
        row = OutsideDossierRow(
            dossier_id=dossier_id, state="waiting", outside_state="", sequence=0, sent_files="[]", problem="")
        session.add(row)
        session.flush()
    return row

