"""The adapter as the rest of the service sees it: `Dossiers.outside`, None when no outside system is configured."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import BaseModel
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from actions.dossiers.adapters.contract import OneStop, StatusEvent
from actions.dossiers.adapters.events import CATCH_UP, Events, Outcome
from actions.dossiers.adapters.http import HttpOneStop
from actions.dossiers.adapters.mapping import StateMap
from actions.dossiers.adapters.reconcile import Difference, Reconciliation, Report
from actions.dossiers.adapters.sending import Sending
from actions.dossiers.adapters.snapshot import Snapshots
from actions.dossiers.adapters.tables import OutsideDossierRow, OutsideEventRow
from actions.dossiers.attachments.uploads import Uploads
from actions.dossiers.registry.registry import Registry
from actions.dossiers.registry.transitions import PUSH, PUSHED, SEND
from actions.dossiers.tables import DossierRow
from actions.messages import Messages
from actions.outbox import Entry, Outbox
from common.clock import utc_now
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings
from common.signatures import Signer

__all__ = ["KeptEvent", "OutsideRegistry", "build_outside"]

RECONCILE = "registry.reconcile"
_PERIODIC = "periodic"
_MESSAGES = Path(__file__).with_name("messages.yml")


class KeptEvent(BaseModel):
    """An event that our rules could not follow, for staff."""

    id: int
    reference: str
    outside_code: str
    state: str
    why: str
    received_at: datetime


class OutsideRegistry:
    """Sends dossiers out, takes events in, reconciles."""

    def __init__(
        self, database: Database, outbox: Outbox, signer: Signer, events: Events, sending: Sending,
        reconciliation: Reconciliation, mapping: StateMap, registry: Registry, texts: Messages, every: timedelta,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._signer = signer
        self._events = events
        self._reconciliation = reconciliation
        self._mapping = mapping
        self._texts = texts
        self._every = every
        registry.decided_by(self.decides)
        outbox.handle(SEND, sending.send)
        outbox.handle(PUSH, sending.push)
        outbox.handle(CATCH_UP, sending.catch_up)
        outbox.handle(RECONCILE, self._periodic)

    def schedule(self) -> None:
        """Puts the periodic reconciliation down; once for all replicas, however often it is called."""
        with self._database.session() as session:
            self._outbox.put(session, RECONCILE, _PERIODIC, _PERIODIC, {}, utc_now() + self._every)
        for row in self._outbox.failed():
            if row.topic == RECONCILE:
                self._outbox.retry(row.id)

    def accepts(self, headers: Mapping[str, str], method: str, target: str, body: bytes) -> bool:
        """Whether a callback is signed by the outside system, now."""
        return self._signer.accepts(headers, method, target, body)

    def receive(self, event: StatusEvent) -> Outcome:
        """A verified callback. Repeating it changes nothing. Raises Conflict when the dossier is too busy."""
        return self._events.receive(event)

    def reconcile(self) -> Report:
        """Compares now; see `Reconciliation`."""
        return self._reconciliation.run()

    def describe(self, difference: Difference) -> str:
        """A difference in words for staff."""
        return self._texts.render(
            f"outside.difference.{difference.kind}", code=difference.code, outside=difference.outside_code or "-",
            ours=difference.ours, theirs=difference.theirs)

    def code_of(self, code: str) -> str:
        """The outside code of our dossier, or ""."""
        query = select(OutsideDossierRow.outside_code).join(
            DossierRow, DossierRow.id == OutsideDossierRow.dossier_id).where(DossierRow.code == code)
        with self._database.session(write=False) as session:
            return session.scalar(query) or ""

    def decides(self, session: Session, row: DossierRow, state: str) -> str:
        """Why staff can't move our dossier to `state` here: the outside system is the master of what it has taken.

        "" where they can: it refused the dossier; it has decided so itself and our rules could not follow; or it is
        told of the step (what the citizen does).
        """
        link = session.get(OutsideDossierRow, row.id)
        followed = link is not None and self._mapping.ours(link.outside_state) == state
        if state in PUSHED or followed or (link is not None and link.state == "refused"):
            return ""
        return self._texts.render("outside.decides", code=(link.outside_code if link else "") or "")

    def kept(self, limit: int = 100) -> list[KeptEvent]:
        """What staff must look at, the latest first."""
        query = select(OutsideEventRow).where(
            OutsideEventRow.outcome == "kept").order_by(OutsideEventRow.id.desc()).limit(limit)
        with self._database.session(write=False) as session:
            return [self._kept(row) for row in session.scalars(query)]

    def settle(self, event_id: int) -> None:
        """Staff have dealt with a kept event."""
        with self._database.session() as session:
            session.execute(update(OutsideEventRow).where(
                OutsideEventRow.id == event_id, OutsideEventRow.outcome == "kept").values(outcome="stale"))

    def try_again(self, session: Session, dossier_id: str) -> None:
        """A refused dossier was mended: it goes out again, at once."""
        session.execute(update(OutsideDossierRow).where(
            OutsideDossierRow.dossier_id == dossier_id, OutsideDossierRow.state == "refused").values(
            state="waiting", problem=""))
        payload: dict[str, str] = {}
        self._outbox.put(session, SEND, f"{dossier_id}:{utc_now().timestamp():.0f}", dossier_id, payload)

    def _periodic(self, entry: Entry) -> datetime:
        self._reconciliation.run()
        return utc_now() + self._every

    def _kept(self, row: OutsideEventRow) -> KeptEvent:
        return KeptEvent(
            id=row.id, reference=row.reference, outside_code=row.outside_code, state=row.state,
            why=self._texts.render(f"outside.kept.{row.reason}"), received_at=row.received_at)


def build_outside(
    settings: Settings, database: Database, keyring: Keyring, outbox: Outbox, uploads: Uploads, registry: Registry,
    onestop: OneStop | None = None,
) -> OutsideRegistry | None:
    """None when no outside system is configured. Raises SetupProblem for settings or a mapping that do not fit."""
    onestop = onestop or HttpOneStop.from_settings(settings)
    if onestop is None:
        return None
    texts = Messages.load(_MESSAGES)
    mapping = StateMap.load(registry.states, settings.onestop_states)
    events = Events(database, keyring, outbox, registry, mapping, texts)
    sending = Sending(database, onestop, events, Snapshots(keyring, uploads), mapping)
    signer = Signer(settings.onestop_key, settings.onestop_secret.get_secret_value().encode())
    reconciliation = Reconciliation(database, onestop, sending, mapping, registry.states)
    return OutsideRegistry(
        database, outbox, signer, events, sending, reconciliation, mapping, registry, texts,
        timedelta(minutes=settings.onestop_reconcile_minutes))
