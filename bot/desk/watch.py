"""Word to every open desk of what changed: one look at the database for all of them, at most every second.

A look finds what other replicas did, too; the hub's signal only makes it come sooner.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from anyio.to_thread import run_sync

from bot.desk.presence import Presence
from bot.desk.queue import Queue, QueueItem
from bot.gateway.hub import DESK, EventHub, wait

__all__ = ["Changes", "DeskWatch"]

# The longest that another replica's act stays unseen, and the shortest pause between two looks.
_LOOK_EVERY_S, _PAUSE_S = 1.0, 0.15
_BEHIND = 200  # a desk that takes nothing for so many looks is told to begin anew
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Changes:
    """What a look found: lines that are new or different, cases that are gone, everybody's presence if it changed."""

    changed: tuple[QueueItem, ...] = ()
    gone: tuple[int, ...] = ()
    people: tuple[tuple[str, str], ...] | None = None


class DeskWatch:
    """Runs in the event loop of the service; rests while nobody watches."""

    def __init__(self, queue: Queue, presence: Presence, hub: EventHub) -> None:
        self._queue, self._presence, self._hub = queue, presence, hub
        self._desks: set[asyncio.Queue[Changes | None]] = set()
        self._known: Mapping[int, QueueItem] = {}
        self._people: tuple[tuple[str, str], ...] = ()

    @property
    def cases(self) -> Iterable[QueueItem]:
        """All open cases as of the latest look."""
        return self._known.values()

    @contextmanager
    def watching(self) -> Iterator[asyncio.Queue[Changes | None]]:
        """What changes from now on; None says that something was missed and all must be read anew."""
        desk: asyncio.Queue[Changes | None] = asyncio.Queue(_BEHIND)
        self._desks.add(desk)
        self._hub.wake(DESK)
        try:
            yield desk
        finally:
            self._desks.discard(desk)

    async def run(self) -> None:
        """Looks and tells, until cancelled."""
        with self._hub.listening(DESK) as signal:
            while not self._hub.closing:
                await wait(signal, _LOOK_EVERY_S)
                if self._desks:
                    try:
                        self._tell(await run_sync(self._look))
                    except Exception as error:  # a database that is away for a minute must not end the watch
                        _log.error("desk_watch_failed", exc_info=error)
                    await asyncio.sleep(_PAUSE_S)

    def _look(self) -> tuple[Mapping[int, QueueItem], tuple[tuple[str, str], ...]]:
        people = tuple((one.name, one.state) for one in self._presence.everybody() if one.state != "gone")
        return {item.id: item for item in self._queue.everything()}, people

    def _tell(self, seen: tuple[Mapping[int, QueueItem], tuple[tuple[str, str], ...]]) -> None:
        cases, people = seen
        changed = tuple(item for number, item in cases.items() if self._known.get(number) != item)
        gone = tuple(number for number in self._known if number not in cases)
        changes = Changes(changed, gone, people if people != self._people else None)
        self._known, self._people = cases, people
        if changes == Changes():
            return
        for desk in self._desks:
            if desk.full():
                while not desk.empty():
                    desk.get_nowait()
                desk.put_nowait(None)
            else:
                desk.put_nowait(changes)
