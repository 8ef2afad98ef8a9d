"""The channel's parts, put together: what the composition root makes once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from anyio.to_thread import run_sync

from actions.companion.bundle import Dossiers
from actions.notices.dispatch import PHONE
from bot.background import due_loop
from bot.desk.room import DeskRoom
from bot.gateway.holders import place
from bot.gateway.hub import EventHub
from bot.gateway.service import Gateway
from bot.gateway.store import ConversationStore
from bot.zalo.alarms import Alarms
from bot.zalo.asides import Asides, Guides
from bot.zalo.buttons import Buttons
from bot.zalo.client import ZaloClient
from bot.zalo.client_recent import Recent, recent_loop
from bot.zalo.consent import Consent
from bot.zalo.echo_match import matched
from bot.zalo.echoes import Echoes
from bot.zalo.follower import Follower
from bot.zalo.inbound_build import build_incoming
from bot.zalo.inbound_door import Door
from bot.zalo.keeper import Keeper, keeper_loop
from bot.zalo.lanes import Lanes
from bot.zalo.leaving import Leaving
from bot.zalo.media import Media
from bot.zalo.menus import Menus
from bot.zalo.menus_writer import Writer
from bot.zalo.notices import Notices
from bot.zalo.pauses import Pauses
from bot.zalo.people import People
from bot.zalo.queue import EventQueue
from bot.zalo.quota import Window, Windows
from bot.zalo.sender import Sender
from bot.zalo.sender_build import build_outgoing
from bot.zalo.settings import ZaloSettings
from bot.zalo.uploads import Uploads
from bot.zalo.words import zalo_texts
from bot.zalo.worker import Worker
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings

__all__ = ["ZaloRoom", "build_zalo", "zalo_loop"]

_AGAIN_S, _HOURLY_S = 5.0, 3600.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ZaloRoom:
    """Every part of the Zalo channel. It is made whether or not the channel is enabled; `zalo_loop` only runs if so."""

    settings: ZaloSettings
    alarms: Alarms
    lanes: Lanes
    door: Door
    """`await room.door.receive(raw, headers)` is the status that the webhook answers with."""
    queue: EventQueue
    """`room.queue.dead()`, `retry(id)`, `drop(id)`, `figures()`: what staff see of incoming events. Synchronous."""
    people: People
    worker: Worker
    leaving: Leaving
    """Who unfollowed: chats closed, and erased when their time has come."""
    buttons: Buttons
    menus: Menus
    media: Media
    asides: Asides
    """`await room.asides.take(user_id, conversation_id, client_id, raw_text)` before the gateway: it answers
    "Xem thêm" and the checklist's commands."""
    follower: Follower
    pauses: Pauses
    echoes: Echoes
    """`await room.echoes.take(event)` for each `oa_send_*`."""
    keeper: Keeper
    """`await room.keeper.try_again(actor)` is the one manual try after a refresh that was cut off."""
    consent: Consent
    """`room.consent.begin(actor)` gives the address where the OA's administrator consents."""
    client: ZaloClient
    windows: Windows
    notices: Notices
    sender: Sender
    uploads: Uploads
    recent: Recent
    """`await room.recent.look()` finds messages whose event never came; SendFailed where the platform can't say."""

    def window(self, conversation_id: str) -> Window | None:
        """Whether the citizen may be written to, and whether it costs; None for another channel. Synchronous."""
        return self.windows.of(conversation_id)


def build_zalo(
    settings: Settings,
    zalo: ZaloSettings,
    database: Database,
    keyring: Keyring,
    hub: EventHub,
    store: ConversationStore,
    gateway: Gateway,
    desk: DeskRoom,
    dossiers: Dossiers,
    guides: Guides,
    form_open: Callable[[str], bool],
    close: Sequence[Callable[[str], object]],
    ready: Callable[[], bool],
) -> ZaloRoom:
    """Starts nothing and calls nobody. `form_open` says whether an e-form of a conversation waits for a value, `close`
    ends what a conversation is in the middle of, `ready` says whether questions can be answered yet."""
    texts, alarms, buttons = zalo_texts(), Alarms(database), Buttons(database)
    menus = Menus(database, zalo, texts, alarms)
    media = Media(dossiers.payments.of, desk.files.by_link, texts)
    writer = Writer(texts, zalo, settings.base_url, buttons, menus, media)
    pauses = Pauses(database, hub, texts, zalo.handoff_pause_min)
    lanes = Lanes(database, place=place(settings.port))
    out = build_outgoing(settings, zalo, database, keyring, alarms, lanes, menus, media)
    asides = Asides(database, hub, texts, buttons, menus, writer, dossiers.checklists, guides, form_open)
    echoes = Echoes(database, store, hub, texts, pauses, matched, desk.answers.field)
    came = build_incoming(
        settings, zalo, database, keyring, alarms, lanes, gateway=gateway, hub=hub, store=store, buttons=buttons,
        asides=asides, echoes=echoes, close=close, erase=dossiers.rights.erase, react=out.client.react,
        ready=ready)
    dossiers.notices.dispatch.phones = out.notices.ready
    dossiers.outbox.handle(PHONE, out.notices.on_phone)
    return ZaloRoom(
        door=came.door, queue=came.queue, people=came.people, worker=came.worker, leaving=came.leaving,
        keeper=out.keeper, consent=out.consent, client=out.client, windows=out.windows, notices=out.notices,
        sender=out.sender, uploads=out.uploads, recent=Recent(zalo, out.client, came.queue),
        settings=zalo, alarms=alarms, lanes=lanes, buttons=buttons, menus=menus, media=media,
        asides=asides,
        follower=Follower(database, hub, writer, menus, alarms), pauses=pauses,
        echoes=echoes)


async def zalo_loop(room: ZaloRoom) -> None:
    """Works off events, sends what waits, keeps the tokens fresh, until cancelled."""
    jobs = (
        room.worker.run, room.follower.run, room.pauses.run, room.leaving.run, room.sender.run,
        partial(keeper_loop, room.keeper), partial(recent_loop, room.recent, room.settings.poll_missed_s),
        partial(due_loop, room.uploads.purge, _HOURLY_S))
    try:
        await run_sync(room.lanes.clear)
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(_kept_going(job))
    finally:
        await room.client.close()


async def _kept_going(job: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """One part's trouble ends neither it for good nor the others."""
    while True:
        try:
            await job()
            return
        except Exception as error:
            _log.error("zalo_part_failed", exc_info=error)
            await asyncio.sleep(_AGAIN_S)
