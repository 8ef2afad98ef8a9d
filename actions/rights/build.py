"""The rights of citizens over their data, put together and joined to the outbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from actions.appointments.booking import Appointments
from actions.checklists.service import ChecklistService
from actions.dossiers.access import Access
from actions.dossiers.eforms.drafts import DraftService
from actions.dossiers.registry.registry import Registry
from actions.dossiers.registry.workdays import Workdays
from actions.messages import Messages
from actions.notices.service import Notices
from actions.outbox import Outbox
from actions.rights.collecting import Collector
from actions.rights.requests import RequestLog
from actions.rights.service import ERASE, Rights
from common.clock import utc_now
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings

__all__ = ["build_rights"]

_MESSAGES = Path(__file__).parent / "messages.yml"


def build_rights(
    settings: Settings, database: Database, keyring: Keyring, outbox: Outbox, *, drafts: DraftService,
    registry: Registry, access: Access, notices: Notices, checklists: ChecklistService, appointments: Appointments,
    workdays: Callable[[], Workdays],
    now: Callable[[], datetime] = utc_now,
) -> Rights:
    """`workdays` is the offices' calendar as it stands, for deadlines in working days."""
    texts = Messages.load(_MESSAGES)
    log = RequestLog(database, keyring, workdays, now)
    collector = Collector(database, texts, drafts, registry, access, notices, checklists, appointments)
    rights = Rights(settings, database, outbox, texts, log, collector, access, drafts, notices, now)
    outbox.handle(ERASE, rights.on_erase)
    return rights
