"""The incoming side put together: the door, the queue, and who works it off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.gateway.hub import EventHub
from bot.gateway.service import Gateway
from bot.gateway.store import ConversationStore
from bot.zalo.alarms import Alarms
from bot.zalo.inbound import Aside, Inbox, Parts, Resolving
from bot.zalo.inbound_door import Door
from bot.zalo.lanes import Lanes
from bot.zalo.leaving import Leaving
from bot.zalo.media_fetch import Fetch
from bot.zalo.people import People
from bot.zalo.queue import EventQueue
from bot.zalo.queue_writing import GroupWriter
from bot.zalo.reacting import Reactions
from bot.zalo.receipts import Receipts
from bot.zalo.settings import ZaloSettings
from bot.zalo.words import zalo_texts
from bot.zalo.worker import Echoing, Worker
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings

__all__ = ["Incoming", "build_incoming"]


@dataclass(frozen=True)
class Incoming:
    """What comes in: `door` writes to `queue`, `worker` works it off."""

    door: Door
    queue: EventQueue
    people: People
    worker: Worker
    leaving: Leaving


def build_incoming(
    settings: Settings,
    zalo: ZaloSettings,
    database: Database,
    keyring: Keyring,
    alarms: Alarms,
    lanes: Lanes,
    *,
    gateway: Gateway,
    hub: EventHub,
    store: ConversationStore,
    buttons: Resolving,
    asides: Aside,
    echoes: Echoing,
    close: Sequence[Callable[[str], object]],
    erase: Callable[[str], object],
    react: Callable[[str, str], Awaitable[None]],
    ready: Callable[[], bool],
) -> Incoming:
    """`close` ends what waits for a citizen, `erase` deletes a conversation everywhere and logs it, `react` is the
    platform's reaction; `ready` says whether questions can be answered."""
    queue = EventQueue(database, keyring, alarms)
    people = People(database, store, settings.province, settings.chat_retention_days)
    fetch = Fetch(zalo.media_hosts, int(settings.upload_max_mb * 1_048_576))
    leaving = Leaving(
        database, hub, lanes, people, queue, zalo_texts(), close, erase, zalo.erase_after_unfollow_days)
    inbox = Inbox(Parts(
        database=database, keyring=keyring, gateway=gateway, hub=hub, queue=queue, people=people, alarms=alarms,
        buttons=buttons, asides=asides, fetch=fetch, upload_max_mb=settings.upload_max_mb, leaving=leaving,
        reactions=Reactions(react, zalo.reactions)))
    worker = Worker(zalo, queue, lanes, inbox, echoes, Receipts(database, queue), people, alarms, ready)
    door = Door(zalo, GroupWriter(queue.store, worker.wake), alarms)
    return Incoming(door, queue, people, worker, leaving)
