"""Works off the queue: each citizen's events in order, several citizens at once, over all replicas.

Woken by the webhook of its own process; a look every second finds what other processes stored and what is due again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Protocol

import structlog
from anyio.to_thread import run_sync

from bot.gateway.hub import wait
from bot.zalo.alarms import Alarms
from bot.zalo.events import ECHOES, RECEIPTS, SIGNALS, load, read, text_of
from bot.zalo.inbound import Inbox
from bot.zalo.inbound_metrics import EVENTS, LAG_SECONDS, WAITING
from bot.zalo.lanes import Lanes, given, taken
from bot.zalo.model import Event
from bot.zalo.people import People
from bot.zalo.queue import EventQueue, Queued
from bot.zalo.receipts import Receipts
from bot.zalo.settings import ZaloSettings

__all__ = ["Echoing", "Worker"]

_LOOK_EVERY_S = 1.0
_LOOK_PAUSE_S = 0.05
_CITIZENS_AT_ONCE = 8
# Then the next citizen has their turn.
_EVENTS_IN_A_ROW = 20
_SIGNALS_AT_ONCE = 200
# A lease lives for a minute; a turn with its download may take longer.
_KEEP_EVERY_S = 20.0
_PURGE_EVERY_S = 3600.0
_COUNT_EVERY_S = 5.0
# The lane of receipts and echoes, which belong to no one's order.
_SIGNALS = "signals"
_log = structlog.get_logger(__name__)


class Echoing(Protocol):
    """`bot.zalo.echoes.Echoes`: what the OA said, ourselves or staff in Zalo's own tool."""

    async def take(self, event: Event) -> bool:
        """Handles an `oa_send_…`; may be called again with the same one."""


class Worker:
    """`ready` says whether questions can be answered yet: until then events wait in the queue."""

    def __init__(
        self, settings: ZaloSettings, queue: EventQueue, lanes: Lanes, inbox: Inbox, echoes: Echoing,
        receipts: Receipts, people: People, alarms: Alarms, ready: Callable[[], bool],
    ) -> None:
        self._settings, self._queue, self._lanes, self._inbox = settings, queue, lanes, inbox
        self._echoes, self._receipts, self._people, self._alarms = echoes, receipts, people, alarms
        self._ready = ready
        self._wake = asyncio.Event()
        self._busy: dict[str, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """Something was stored. Call from the event loop."""
        self._wake.set()

    async def run(self) -> None:
        """Works until cancelled; what was begun then is taken up again by whoever comes next."""
        counted = purged = float("-inf")
        try:
            while True:
                try:
                    await self._look()
                    if time.monotonic() - counted > _COUNT_EVERY_S:
                        counted = time.monotonic()
                        WAITING.set((await run_sync(self._queue.figures)).waiting)
                    if time.monotonic() - purged > _PURGE_EVERY_S:
                        purged = time.monotonic()
                        await run_sync(self._queue.purge)
                        await run_sync(self._people.purge)
                except Exception as error:  # a database that is away for a minute must not end the work for good
                    _log.error("zalo_worker_failed", exc_info=error)
                # Under a flood a look serves many events.
                await asyncio.sleep(_LOOK_PAUSE_S)
                await wait(self._wake, _LOOK_EVERY_S)
        finally:
            for task in list(self._busy.values()):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            self._busy.clear()

    async def _look(self) -> None:
        """Begins what is due and free."""
        if _SIGNALS not in self._busy:
            self._begin(_SIGNALS, self._work_signals)
        free = _CITIZENS_AT_ONCE - (len(self._busy) - 1)
        if free > 0 and self._ready():
            for subject in await run_sync(self._queue.due, free, list(self._busy)):
                self._begin(subject, partial(self._work, subject))

    def _begin(self, subject: str, work: Callable[[], Awaitable[None]]) -> None:
        self._busy[subject] = asyncio.create_task(self._guarded(subject, work), name="zalo citizen")

    async def _guarded(self, subject: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
            if subject != _SIGNALS:
                self._wake.set()  # somebody else may have waited for a free place
        except Exception as error:  # the database, most likely: the next look begins anew
            _log.error("zalo_work_failed", exc_info=error)
        finally:
            self._busy.pop(subject, None)

    # A citizen's events

    async def _work(self, subject: str) -> None:
        async with self._held(subject) as held:
            for _ in range(_EVENTS_IN_A_ROW if held else 0):
                queued = await run_sync(self._queue.next, subject)
                if queued is None:
                    return
                if not await self._handle(queued, self._inbox.take):
                    return

    async def _handle(self, queued: Queued, take: Callable[[Event], Awaitable[None]]) -> bool:
        """Whether the event is settled; otherwise it comes again, or is dead."""
        event = self._event(queued)
        if event is None:
            await run_sync(self._queue.settled, queued.key)
            return True
        try:
            await take(event)
        except Exception as error:  # whatever it is, it is counted, and in the end seen by a person
            reason = type(error).__name__
            _log.warning("zalo_event_failed", key=queued.key[:12], name=event.name, tries=queued.tries + 1,
                         exc_info=error)
            if await self._failed(queued, event, reason):
                EVENTS.labels(event.name, "dead").inc()
            return False
        EVENTS.labels(event.name, "done").inc()
        if event.sent_ms and not queued.tries:
            LAG_SECONDS.observe(max(0.0, time.time() - event.sent_ms / 1000))
        return True

    def _event(self, queued: Queued) -> Event | None:
        """The event again as it was read when it came in; None where the settings have changed since."""
        body = load(queued.raw)
        event = read(body, oa_id=self._settings.oa_id, app_id=self._settings.app_id) if body is not None else None
        return replace(event, key=queued.key) if isinstance(event, Event) else None

    async def _failed(self, queued: Queued, event: Event, reason: str) -> bool:
        """Counts the try. With the last one the event dies and the citizen is told in one transaction; where they can't
        be told, it dies all the same."""
        told = None if event.name in SIGNALS else partial(self._inbox.give_up, event)
        try:
            dead = await run_sync(self._queue.failed, queued, reason, told)
        except Exception as error:
            _log.error("zalo_give_up_failed", exc_info=error)
            dead = await run_sync(self._queue.failed, queued, reason)
        if dead:
            await self._inbox.wake(event)
        return dead

    # Receipts, echoes, notes about templates

    async def _work_signals(self) -> None:
        async with self._held(_SIGNALS) as held:
            while held and (batch := await run_sync(self._queue.signals, _SIGNALS_AT_ONCE)):
                receipts = [event for one in batch if one.name in RECEIPTS and (event := self._event(one))]
                await run_sync(self._receipts.take, receipts)
                known = {event.key for event in receipts}
                for queued in batch:
                    if queued.key not in known:
                        await self._handle(queued, self._signal)

    async def _signal(self, event: Event) -> None:
        if event.name in ECHOES:
            await self._echoes.take(event)
        else:
            what = text_of(event.body, "template_id") or "OA"
            state = text_of(event.body, "status", "new_status") or text_of(event.body, "quota", "new_value")
            await run_sync(self._alarms.raise_, f"zalo_{event.name}"[:40], f"{what[:40]}: {state[:40]}")
        await run_sync(self._queue.settled, event.key)

    @asynccontextmanager
    async def _held(self, subject: str) -> AsyncIterator[bool]:
        """The lane, kept for as long as the work takes; False where another process has it."""
        if not await taken(self._lanes, subject, "in"):
            yield False
            return
        keeping = asyncio.create_task(self._keep(subject))
        try:
            yield True
        finally:
            keeping.cancel()
            await given(self._lanes, subject, "in")

    async def _keep(self, subject: str) -> None:
        while True:
            await asyncio.sleep(_KEEP_EVERY_S)
            try:
                await run_sync(self._lanes.keep, subject, "in")
            except Exception as error:  # the next time may go better; the work goes on meanwhile
                _log.warning("zalo_lease_not_kept", error=type(error).__name__)
