"""Puts the parts together for the bundle."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from asn1crypto.x509 import Certificate

from actions.dossiers.access import Access
from actions.dossiers.results.checking import SignatureCheck, trusted_issuers
from actions.dossiers.results.issuing import Results
from actions.dossiers.results.sealing import Seal
from actions.dossiers.results.vault import Vault
from actions.messages import Messages
from actions.outbox import Outbox
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings

__all__ = ["MESSAGES_FILE", "build_results"]

MESSAGES_FILE = Path(__file__).parent / "messages.yml"


def build_results(
    settings: Settings, database: Database, keyring: Keyring, access: Access, outbox: Outbox
) -> tuple[Results, SignatureCheck]:
    """Raises SetupProblem when the configured seal or the folder of trusted issuers can't be read."""
    load = cache(lambda: Seal.from_settings(settings, keyring))
    if settings.result_seal:
        load()  # a wrong password shows at the start, not at the first result
    issuers = trusted_issuers(settings.signature_roots)

    def roots() -> list[Certificate]:
        seal = load()
        return [*issuers, *(seal.roots if seal else ())]

    results = Results(
        database, keyring, load, Vault(settings.uploads_dir / "results", keyring), access, outbox,
        Messages.load(MESSAGES_FILE), settings.base_url, settings.province)
    return results, SignatureCheck(roots)
