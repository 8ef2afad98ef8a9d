"""What the routes share: the wired parts of one running service, kept in `app.state.context`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from actions.companion.bundle import Dossiers
from actions.handoff import Tickets
from bot.access.accounts import Accounts
from bot.access.sso import StaffLogin
from bot.desk.room import DeskRoom
from bot.engine_process import EngineProcess
from bot.engine_trackers import TrackerStore
from bot.gateway.devices import Devices, Guesses
from bot.gateway.engine import EngineClient
from bot.gateway.hub import EventHub
from bot.gateway.limits import RateLimiter
from bot.gateway.retention import Eraser
from bot.gateway.reveal import Reveal
from bot.gateway.service import Gateway
from bot.gateway.shared import Shared
from bot.gateway.store import ConversationStore
from bot.gateway.turn import Masking
from bot.gateway.turns import TurnStore
from bot.gateway.wakes import Wakes
from bot.inbox.service import Inbox
from bot.lab import Sample
from bot.recall.service import Recalls
from bot.reports.service import Reports
from bot.switches.board import Switches
from bot.zalo.room import ZaloRoom
from common.audit import AuditLog
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings
from indexer.gate import Nightly, PublishGate
from indexer.search.thresholds import ThresholdStore
from knowledge_base.drafting.bundle import Drafting

__all__ = ["Context", "Executing", "Searching"]


class Searching(Protocol):
    """`indexer.search.SearchService`."""

    @property
    def ready(self) -> bool: ...

    def search(self, text: str, k: int = 10) -> Any: ...

    @property
    def encoder(self) -> Any: ...

    @property
    def snapshot(self) -> Any: ...

    def examine(self, text: str, snapshot: Any = None) -> Any: ...

    def ensure_built(self) -> Any: ...

    def start_following(self) -> None: ...

    def stop_following(self) -> None: ...


class Executing(Protocol):
    """rasa-sdk's ActionExecutor."""

    async def run(self, action_call: Any) -> Any: ...


@dataclass
class Context:
    """One running service. Made by `bot.app.wire`."""

    settings: Settings
    keyring: Keyring
    database: Database
    mask: Masking
    store: ConversationStore
    turns: TurnStore
    trackers: TrackerStore
    hub: EventHub
    shared: Shared | None
    wakes: Wakes | None
    engine: EngineClient
    engine_process: EngineProcess
    gateway: Gateway
    reveal: Reveal
    desk: DeskRoom
    eraser: Eraser
    knowledge_base: Any
    search: Searching
    executor: Executing
    tickets: Tickets
    accounts: Accounts
    staff_login: StaffLogin
    failed_sign_ins: RateLimiter
    switches: Switches
    audit: AuditLog
    dossiers: Dossiers
    reports: Reports
    requests: RateLimiter
    devices: Devices
    guesses: Guesses
    new_conversations: RateLimiter
    checks: RateLimiter
    thresholds: ThresholdStore
    recalls: Recalls
    drafting: Drafting
    inbox: Inbox
    zalo: ZaloRoom
    gate: PublishGate | None = None
    nightly: Nightly | None = None
    lab: Sample | None = None
    failure: str = ""

    def close(self) -> None:
        """Gives back what the parts hold; the event loop's parts are closed by the application."""
        self.inbox.stop()
        self.search.stop_following()
        if self.nightly:
            self.nightly.stop()
        self.trackers.dispose()
        self.database.dispose()
