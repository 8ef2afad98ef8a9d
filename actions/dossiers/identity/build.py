"""Puts the parts together for the bundle."""

from __future__ import annotations

from pathlib import Path

from actions.dossiers.attachments.uploads import Uploads
from actions.dossiers.eforms.drafts import DraftService
from actions.dossiers.identity.logins import Logins
from actions.dossiers.identity.scans import CardScans
from actions.messages import Messages
from common.clock import local_date
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings

__all__ = ["MESSAGES_FILE", "build_identity"]

MESSAGES_FILE = Path(__file__).with_name("messages.yml")


def build_identity(
    settings: Settings, database: Database, keyring: Keyring, uploads: Uploads, drafts: DraftService,
) -> tuple[CardScans, Logins]:
    """Scans of cards, and logins (which say themselves whether a provider is configured)."""
    texts = Messages.load(MESSAGES_FILE)
    return (
        CardScans(database, keyring, uploads, drafts, texts, local_date),
        Logins(settings, database, keyring, drafts, texts, local_date),
    )
