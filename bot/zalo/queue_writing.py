"""Writes events in groups: under a flood one commit serves many requests, and memory stays bounded."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import structlog
from anyio.to_thread import run_sync

from bot.zalo.model import Event

__all__ = ["Full", "GroupWriter"]

# So many events may wait for their commit; beyond, the platform is asked to repeat.
_WAITING = 4000
_WAITING_BYTES = 16 * 1024 * 1024
_GROUP = 500
# Two groups begin at least so far apart: an event that comes alone is written at once, those of a flood together.
_GATHER_S = 0.025
# The platform gives up after two seconds and repeats: an answer later than that helps nobody.
PATIENCE_S = 1.5
_log = structlog.get_logger(__name__)

Item = tuple[Event, bytes]
_Done = asyncio.Future[None]


class Full(Exception):
    """The event could not be written now and has to be sent again."""


class GroupWriter:
    """Collects events while a transaction runs, and writes what came meanwhile in the next. For one event loop.

    Args:
        store: `EventQueue.store`, called in a worker thread, one call at a time.
        stored: called on the event loop after each commit.
    """

    def __init__(self, store: Callable[[Sequence[Item]], int], stored: Callable[[], None] = lambda: None) -> None:
        self._store, self._stored = store, stored
        self._waiting: deque[tuple[Item, _Done]] = deque()
        self._bytes = 0
        self._task: asyncio.Task[None] | None = None
        # All are given the same time, so the first to run out of it stands first: one timer serves them all.
        self._promised: deque[tuple[float, _Done]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def put(self, event: Event, raw: bytes) -> None:
        """Returns when the event is committed (or was known already). Raises Full."""
        if len(self._waiting) >= _WAITING or self._bytes + len(raw) > _WAITING_BYTES:
            raise Full("too many events wait for their commit")
        loop = asyncio.get_running_loop()
        done: _Done = loop.create_future()
        self._waiting.append(((event, raw), done))
        self._bytes += len(raw)
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._work(), name="zalo events")
        self._promised.append((loop.time() + PATIENCE_S, done))
        if self._timer is None:
            self._timer = loop.call_at(self._promised[0][0], self._give_up)
        await done

    def _give_up(self) -> None:
        """Answers those whose time is over, and looks again when the next one's is."""
        loop = asyncio.get_running_loop()
        while self._promised and (self._promised[0][1].done() or self._promised[0][0] <= loop.time()):
            done = self._promised.popleft()[1]
            if not done.done():
                # It may be committed yet; then the repeat is known by its key.
                done.set_exception(Full("the database takes too long"))
        self._timer = loop.call_at(self._promised[0][0], self._give_up) if self._promised else None

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            next_at = loop.time() + _GATHER_S
            await self._write([self._waiting.popleft() for _ in range(min(_GROUP, len(self._waiting)))])
            if len(self._waiting) < _GROUP:
                await asyncio.sleep(max(0.0, next_at - loop.time()))

    async def _write(self, group: Sequence[tuple[Item, _Done]]) -> None:
        self._bytes -= sum(len(raw) for (_, raw), _ in group)
        stored = False
        try:
            await run_sync(self._store, [item for item, _ in group])
            stored = True
            self._stored()
        except Exception as error:  # whatever it was, each of these requests is answered with "again, please"
            _log.error("zalo_events_not_stored", events=len(group), reason=type(error).__name__)
        for _, done in group:
            if done.done():
                continue
            if stored:
                done.set_result(None)
            else:
                done.set_exception(Full("the database took no events"))
