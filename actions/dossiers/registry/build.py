"""The registry, put together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from actions.dossiers.eforms.draft_store import DraftStore
from actions.dossiers.eforms.formlib import FormLibrary
from actions.dossiers.registry.calendar import WorkCalendar
from actions.dossiers.registry.clock import DossierClock
from actions.dossiers.registry.desk import OfficerDesk
from actions.dossiers.registry.registry import Registry
from actions.dossiers.registry.requests import RequestStore
from actions.dossiers.registry.states import load_states
from actions.dossiers.registry.submission import Agencies, Submissions
from actions.dossiers.registry.supplements import Supplements
from actions.dossiers.registry.tracking import Tracking
from actions.dossiers.registry.transitions import Transitions
from actions.dossiers.registry.views import Views
from actions.messages import Messages
from actions.outbox import Outbox
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings

__all__ = ["MESSAGES_FILE", "RegistryParts", "build_registry"]

MESSAGES_FILE = Path(__file__).parent / "messages.yml"


@dataclass(frozen=True)
class RegistryParts:
    registry: Registry
    submissions: Submissions
    supplements: Supplements
    calendar: WorkCalendar
    desk: OfficerDesk


def build_registry(
    settings: Settings, database: Database, keyring: Keyring, store: DraftStore, forms: FormLibrary, outbox: Outbox,
    texts_file: Path,
) -> RegistryParts:
    """`texts_file`: the catalogue of the dossier room; the registry's own is added to it."""
    texts, states = Messages.load(texts_file, MESSAGES_FILE), load_states()
    calendar, requests = WorkCalendar(database, texts), RequestStore(keyring)
    clock = DossierClock(calendar, texts)
    transitions = Transitions(states, clock, requests, outbox, texts)
    views = Views(states, clock, requests, keyring, texts)
    tracking = Tracking(database, keyring, texts)
    return RegistryParts(
        Registry(database, forms, states, tracking, transitions, clock, views, outbox, texts),
        Submissions(
            database, keyring, store, Agencies(settings.agency_code, settings.agency_codes), clock, outbox, texts),
        Supplements(database, requests, transitions, texts), calendar,
        OfficerDesk(database, states, clock, views, texts))
