"""Assisted mode, put together and joined to submissions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from actions.assisted.sessions import Assisted
from actions.centres.directory import Directory
from actions.dossiers.eforms.drafts import DraftService
from actions.dossiers.registry.submission import Submissions
from actions.messages import Messages
from common.clock import utc_now
from common.database import Database
from common.keyring import Keyring

__all__ = ["build_assisted"]

_MESSAGES = Path(__file__).parent / "messages.yml"


def build_assisted(
    database: Database, keyring: Keyring, directory: Directory, drafts: DraftService, submissions: Submissions,
    now: Callable[[], datetime] = utc_now,
) -> Assisted:
    assisted = Assisted(database, keyring, directory, drafts, Messages.load(_MESSAGES), now)
    submissions.on_submitted.append(assisted.on_submitted)
    return assisted
