"""Makes every part of the service and hands each the parts it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from actions.answers import Answerer
from actions.centres import Centres
from actions.centres.nearby import Nearby
from actions.companion.bundle import Dossiers, build_dossiers
from actions.companion.pressing import Pressing
from actions.executor import build_executor
from actions.handoff import Tickets
from actions.handoff.desk import Desk
from actions.messages import Messages
from actions.notices.quiet import QuietHours
from actions.services import Services
from bot.access.accounts import Accounts
from bot.access.model import AccessRules
from bot.access.sso import StaffLogin
from bot.context import Context, Executing, Searching
from bot.desk.room import build_desk
from bot.engine_process import EngineProcess
from bot.engine_trackers import TrackerStore
from bot.gateway.capturing import Captures
from bot.gateway.devices import Devices, Guesses
from bot.gateway.engine import EngineClient
from bot.gateway.holders import place
from bot.gateway.hub import EventHub
from bot.gateway.limits import RateLimiter
from bot.gateway.retention import Eraser, Kept
from bot.gateway.reveal import Reveal, Revealing
from bot.gateway.service import Gateway
from bot.gateway.shared import Shared
from bot.gateway.steps.admission import Admit
from bot.gateway.steps.switching import HandingOver, Switched
from bot.gateway.store import ConversationStore
from bot.gateway.turn import Answering, Capturing
from bot.gateway.turns import TurnStore
from bot.gateway.unasked import Unasked
from bot.gateway.wakes import Wakes
from bot.inbox.service import Inbox
from bot.lab import Sample
from bot.migrations import migrate
from bot.own_data import join
from bot.recall import service as recall
from bot.recall.sending import Sending
from bot.recall.service import Recalls
from bot.reports.service import build_reports
from bot.switches.board import Switches
from bot.zalo.erasing import Erasing
from bot.zalo.room import build_zalo
from bot.zalo.settings import ZaloSettings
from common.audit import AuditLog
from common.breaker import CircuitBreaker
from common.clock import utc_now
from common.database import Database
from common.identifiers import mask
from common.keyring import Keyring
from common.settings import Settings
from indexer.gate import Nightly, PublishGate
from indexer.search import SearchService
from indexer.search.thresholds import ThresholdStore
from knowledge_base.drafting.bundle import build_drafting
from knowledge_base.golden import GoldenStore
from knowledge_base.store import KnowledgeBase

__all__ = ["assemble", "connect", "prepare", "services_over", "wire"]

# A lease outlives the longest turn: waiting for Rasa, then the search-only answer.
_LEASE_MARGIN_S = 20.0
# A form left alone for this long is not taken up again; its values go.
_DRAFT_LIFE = timedelta(days=30)
# Checking a stranger's signed PDF costs CPU and nobody needs many.
_CHECKS_PER_MINUTE = 12
# An office shares an address and people mistype; a machine that tries passwords doesn't get far.
_FAILED_SIGN_INS_PER_MINUTE = 20


def connect(
    settings: Settings,
    database: Database,
    keyring: Keyring,
    *,
    knowledge_base: KnowledgeBase,
    search: Searching,
    intake: Capturing,
    reviews: Revealing,
    answerer: Answering,
    executor: Executing,
    tickets: Tickets,
    dossiers: Dossiers,
    people: HandingOver,
    switches: Switches | None = None,
    erasers: Sequence[Callable[[str], object]] = (),
    chores: Sequence[Callable[[], object]] = (),
    gate: PublishGate | None = None,
    zalo: ZaloSettings | None = None,
) -> Context:
    """The gateway and all that the routes need, around the parts that the lower rooms provide."""
    # A dossier code says nothing without its PIN, and the dialogue must read it to look a dossier up.
    masking = partial(mask, keep=("dossier_code",))
    store = ConversationStore(database, keyring)
    trackers = TrackerStore(settings)
    breaker = CircuitBreaker()
    process = EngineProcess(settings, trackers, on_up=breaker.reset)
    engine = EngineClient(lambda: process.base_url, keyring.engine_secret(), settings.rasa_timeout_s, breaker)
    shared = Shared(settings.redis_url) if settings.redis_url else None
    hub = EventHub(streams_per_client=settings.streams_per_address, streams=settings.streams)
    limiters = partial(RateLimiter, shared=shared)
    desk = build_desk(settings, database, keyring, hub, dossiers, knowledge_base, search, answerer)
    turns = TurnStore(database, settings.rasa_timeout_s + _LEASE_MARGIN_S, desk.talk, place(settings.port))
    accounts = Accounts(database, keyring, AccessRules.from_settings(settings))
    switches = switches or Switches(database)
    reveal = Reveal(reviews)
    reports = build_reports(settings, database, knowledge_base, dossiers)
    # Counted first: what is erased can't be counted any more.
    counting = (reports.rollup.before_erasure, *chores)
    inbox = Inbox(settings, database, knowledge_base, search, gate, dossiers.outbox, dossiers.notices, answerer)
    inbox.telling.deliver = Unasked(hub)
    eraser = Eraser(
        store, [*erasers, desk.erase, inbox.erase, trackers.erase, Erasing(database).erase], counting,
        Kept(dossiers.notices.waits, [desk.erase, inbox.erase, trackers.erase, Erasing(database).erase]))
    unasked = Unasked(hub)
    dossiers.notices.deliver_by(unasked)
    dossiers.outbox.handle(
        recall.TOPIC, Sending(database, knowledge_base, unasked, QuietHours.parse(settings.quiet_hours)))
    join(dossiers.rights, store, reveal, eraser)
    gateway = Gateway(
        settings, store, turns, engine, hub, intake, answerer, masking, Switched(switches, people), desk.talk,
        follow_ups=inbox.follow_ups, places=Nearby(dossiers.centres, settings.base_url),
        presses=Pressing(dossiers.centres), admit=Admit(
            settings.message_max_chars, limiters(settings.messages_per_minute, name="messages"),
            limiters(settings.address_messages_per_minute, name="address messages")))
    return Context(
        settings=settings,
        keyring=keyring,
        database=database,
        mask=masking,
        store=store,
        turns=turns,
        trackers=trackers,
        hub=hub,
        shared=shared,
        wakes=Wakes(hub, shared) if shared else None,
        engine=engine,
        engine_process=process,
        gateway=gateway,
        reveal=reveal,
        desk=desk,
        eraser=eraser,
        knowledge_base=knowledge_base,
        search=search,
        executor=executor,
        tickets=tickets,
        accounts=accounts,
        staff_login=StaffLogin(settings, keyring, accounts),
        failed_sign_ins=limiters(_FAILED_SIGN_INS_PER_MINUTE, name="sign-ins"),
        switches=switches,
        audit=AuditLog(database),
        dossiers=dossiers,
        reports=reports,
        requests=limiters(settings.requests_per_minute, name="requests"),
        devices=Devices(database, keyring),
        guesses=Guesses(shared),
        new_conversations=limiters(settings.conversations_per_minute, name="conversations"),
        checks=limiters(_CHECKS_PER_MINUTE, name="checks"),
        thresholds=ThresholdStore(database),
        recalls=Recalls(database, knowledge_base, dossiers.outbox),
        drafting=build_drafting(
            database, knowledge_base, settings.home, {form.slug for form in dossiers.forms},
            (lambda: {code: len(asked) for code, asked in gate.failing().items()}) if gate else dict),
        inbox=inbox,
        zalo=build_zalo(
            settings, zalo or ZaloSettings(), database, keyring, hub, store, gateway, desk, dossiers, knowledge_base,
            intake.form_open, close=[dossiers.drafts.pause, dossiers.supplement_chat.forget, trackers.erase],
            ready=lambda: search.ready and process.state not in ("off", "starting")),
        gate=gate,
        nightly=Nightly(gate) if gate else None,
        lab=Sample(database, search, gate) if gate and isinstance(search, SearchService) else None,
    )


def wire(settings: Settings) -> Context:
    """The service as `isee serve` runs it. Raises SetupProblem when `make setup` has not been run."""
    database = Database.from_settings(settings)
    migrate(database)
    knowledge_base = KnowledgeBase(database)
    search = SearchService.from_settings(knowledge_base, settings, ThresholdStore(database).current)
    return assemble(settings, database, knowledge_base, search)


def assemble(settings: Settings, database: Database, knowledge_base: KnowledgeBase, search: SearchService) -> Context:
    """The actions over a knowledge base and a search, and the gateway over the actions."""
    keyring = Keyring.from_settings(settings)
    dossiers = build_dossiers(settings, database, keyring, knowledge_base.get)
    if dossiers.outside:
        dossiers.outside.schedule()
    switches = Switches(database)
    services = services_over(settings, database, keyring, knowledge_base, search, dossiers, switches.withheld)
    tickets, answerer = services.tickets, Answerer(services)
    return connect(
        settings,
        database,
        keyring,
        knowledge_base=knowledge_base,
        search=search,
        intake=Captures(dossiers.intake, dossiers.notices.questions, dossiers.pastes),
        reviews=dossiers.reviews,
        answerer=answerer,
        executor=build_executor(services, answerer),
        tickets=tickets,
        dossiers=dossiers,
        people=Desk(services),
        switches=switches,
        gate=PublishGate(knowledge_base, search, GoldenStore(database)),
        erasers=[
            dossiers.checklists.erase, dossiers.drafts.erase, dossiers.access.forget,
            dossiers.supplement_chat.forget, dossiers.notices.erase,
            dossiers.outbox.erase, dossiers.aids.erase, dossiers.appointments.bookings.erase, dossiers.assisted.erase,
            tickets.erase,
        ],
        chores=[
            lambda: dossiers.drafts.expire(utc_now() - _DRAFT_LIFE), dossiers.uploads.purge, dossiers.outbox.purge,
            dossiers.results.purge, dossiers.aids.purge, dossiers.assisted.expire,
        ],
    )


def services_over(
    settings: Settings,
    database: Database,
    keyring: Keyring,
    knowledge_base: KnowledgeBase,
    search: SearchService,
    dossiers: Dossiers,
    withheld: Callable[[str], bool] = lambda _code: False,
) -> Services:
    """What the actions work with."""
    return Services(
        settings=settings,
        database=database,
        keyring=keyring,
        kb=knowledge_base,
        search=search,
        messages=Messages.load(),
        dossiers=dossiers,
        centres=Centres.load(),
        tickets=Tickets(database),
        withheld=withheld,
    )


def prepare(context: Context) -> None:
    """Loads the shipped guides and the index, then follows publications. Slow only where something is stale."""
    context.knowledge_base.load_shipped()
    if context.gate:
        context.gate.golden.load_shipped()
    context.search.ensure_built()
    context.search.start_following()
    context.inbox.start()
    if context.nightly:
        context.nightly.start()
