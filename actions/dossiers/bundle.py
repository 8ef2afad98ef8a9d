"""The dossier room, put together: what the composition root makes once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from actions.dossiers.communes import CommuneFinder
from actions.dossiers.drafts import DraftService
from actions.dossiers.formlib import FormLibrary
from actions.dossiers.intake import Intake
from actions.dossiers.pending import Pending
from actions.dossiers.registry import Registry
from actions.dossiers.reviews import Reviews
from actions.dossiers.speech import Speech
from actions.dossiers.uploads import Uploads
from actions.dossiers.values import ValueReader
from actions.messages import Messages
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings

__all__ = ["MESSAGES_FILE", "Dossiers", "build_dossiers"]

MESSAGES_FILE = Path(__file__).parent / "messages.yml"


@dataclass(frozen=True)
class Dossiers:
    """`intake`, `drafts` and `registry` go into `actions.services.Services`."""

    forms: FormLibrary
    drafts: DraftService
    intake: Intake
    registry: Registry
    uploads: Uploads
    reviews: Reviews


def build_dossiers(settings: Settings, database: Database, keyring: Keyring) -> Dossiers:
    """Raises InvalidGuide when an e-form is wrong."""
    texts = Messages.load(MESSAGES_FILE)
    forms = FormLibrary.load()
    reader = ValueReader(texts, CommuneFinder.load())
    drafts = DraftService(database, keyring, forms, reader, texts, settings.agency_code)
    uploads = Uploads(settings, database, keyring, texts)
    intake = Intake(drafts, Pending(database, keyring), uploads, Speech(), texts)
    registry = Registry(database, keyring, forms, texts)
    return Dossiers(forms, drafts, intake, registry, uploads, Reviews(drafts, registry, texts))
