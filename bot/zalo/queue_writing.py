"""Writes events in groups: under a flood one commit serves hundreds of requests, and memory stays bounded."""

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
# The platform gives up after two seconds and repeats: an answer later than that helps nobody.
PATIENCE_S = 1.5
_log = structlog.get_logger(__name__)

Item = tuple[Event, bytes]


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
        self._waiting: deque[tuple[Item, asyncio.Future[None]]] = deque()
        self._bytes = 0
        self._task: asyncio.Task[None] | None = None

    async def put(self, event: Event, raw: bytes) -> None:
        """Returns when the event is committed (or was known already). Raises Full."""
        if len(self._waiting) >= _WAITING or self._bytes + len(raw) > _WAITING_BYTES:
            raise Full("too many events wait for their commit")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(((event, raw), done))
        self._bytes += len(raw)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work(), name="zalo events")
        try:
            await asyncio.wait_for(done, PATIENCE_S)
        except TimeoutError as error:
            # It may be committed yet; then the repeat is known by its key.
            raise Full("the database takes too long") from error

    async def _work(self) -> None:
        while self._waiting:
            group = [self._waiting.popleft() for _ in range(min(_GROUP, len(self._waiting)))]
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
