"""Puts the parts together for the bundle."""

from __future__ import annotations

from pathlib import Path

from actions.dossiers.access import Access
from actions.dossiers.attachments.uploads import Uploads
from actions.dossiers.eforms.drafts import DraftService
from actions.dossiers.identity.logins import Logins
from actions.dossiers.papers.files import Files
from actions.dossiers.papers.reuse import Reuse
from actions.dossiers.results import Results
from actions.messages import Messages
from common.database import Database
from common.keyring import Keyring

__all__ = ["MESSAGES_FILE", "build_papers"]

MESSAGES_FILE = Path(__file__).with_name("messages.yml")


def build_papers(
    database: Database, keyring: Keyring, drafts: DraftService, uploads: Uploads, access: Access, logins: Logins,
    results: Results,
) -> tuple[Files, Reuse]:
    """Who may have which file, and what can be used again."""
    texts = Messages.load(MESSAGES_FILE)
    return (
        Files(database, keyring, uploads, access, texts),
        Reuse(database, keyring, drafts.forms, drafts, uploads, access, logins, results, texts),
    )
