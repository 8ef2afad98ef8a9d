"""Payments, put together from the settings."""

from __future__ import annotations

from pathlib import Path

import structlog

from actions.dossiers.payments.accounts import Accounts
from actions.dossiers.payments.callbacks import Callbacks
from actions.dossiers.payments.ledger import AnswersOf, Guides, Ledger
from actions.dossiers.payments.service import Payments
from actions.dossiers.registry.registry import Registry
from actions.messages import Messages
from actions.outbox import Outbox
from common.database import Database
from common.errors import SetupProblem
from common.settings import Settings
from common.signatures import Signer

__all__ = ["MESSAGES_FILE", "build_payments"]

MESSAGES_FILE = Path(__file__).parent / "messages.yml"
_DOSSIER_MESSAGES = Path(__file__).parents[1] / "messages.yml"
_SHORTEST_SECRET = 32
_log = structlog.get_logger(__name__)


def build_payments(
    settings: Settings, database: Database, outbox: Outbox, registry: Registry, guides: Guides, answers: AnswersOf
) -> Payments:
    """Raises SetupProblem for a provider's secret that is too short. Accounts that are not properly signed are left
    out, loudly: dossiers go on, and no QR code is shown."""
    texts = Messages.load(MESSAGES_FILE, _DOSSIER_MESSAGES)
    ledger = Ledger(guides, answers, registry, outbox, texts)
    return Payments(
        database, ledger, Callbacks(database, ledger, texts), _accounts(settings), _signers(settings), texts)


def _accounts(settings: Settings) -> Accounts | None:
    try:
        return Accounts.from_settings(settings)
    except SetupProblem as problem:
        _log.error("payment_accounts_refused", why=problem.detail)
        return None


def _signers(settings: Settings) -> dict[str, Signer]:
    signers = {}
    for name, secret in settings.payment_secrets.items():
        if len(secret.get_secret_value()) < _SHORTEST_SECRET:
            raise SetupProblem(f"ISEE_PAYMENT_SECRETS: khóa của {name} cần ít nhất {_SHORTEST_SECRET} ký tự.")
        signers[name] = Signer(name, secret.get_secret_value().encode())
    return signers
