"""Erasure: on a citizen's request, and of conversations past the retention time, Rasa's trackers included."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from anyio.to_thread import run_sync

from bot.gateway.store import ConversationStore
from common.clock import utc_now

__all__ = ["Eraser", "Kept", "retention_loop"]

_EVERY_S = 24 * 3600.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Kept:
    """Conversations that must stay reachable past the retention time, for a reminder that was asked for: their words
    go all the same."""

    needed: Callable[[str], bool]
    erasers: Sequence[Callable[[str], object]] = ()


class Eraser:
    """Deletes conversations everywhere they left something.

    Args:
        others: called with the conversation's id before it is deleted: drafts, tickets, Rasa's events.
        chores: called once a day: drafts left alone, files that nothing refers to.
        kept: which conversations only lose their words when their time is over.
    """

    def __init__(
        self,
        store: ConversationStore,
        others: Sequence[Callable[[str], object]] = (),
        chores: Sequence[Callable[[], object]] = (),
        kept: Kept | None = None,
    ) -> None:
        self._store, self._others, self._chores, self._kept = store, others, chores, kept

    def erase(self, conversation_id: str) -> None:
        """Deletes one conversation; a part that can't be reached leaves the rest for the next try."""
        self._erase(conversation_id)
        self._store.fold()

    def _erase(self, conversation_id: str) -> None:
        for other in self._others:
            other(conversation_id)
        self._store.erase(conversation_id)

    def _expire(self, conversation_id: str) -> None:
        if self._kept is None or not self._kept.needed(conversation_id):
            self._erase(conversation_id)
            return
        for eraser in self._kept.erasers:
            eraser(conversation_id)
        self._store.empty(conversation_id)

    def erase_older_than(self, days: int) -> int:
        """Does the daily chores and deletes conversations that were silent for `days`; returns how many."""
        for chore in self._chores:
            chore()
        moment, count = utc_now() - timedelta(days=days), 0
        while batch := self._store.older_than(moment):
            for conversation_id in batch:
                self._expire(conversation_id)
            count += len(batch)
        self._store.fold()
        return count


async def retention_loop(eraser: Eraser, days: int, every_s: float = _EVERY_S) -> None:
    """Runs the erasure now and then daily, until cancelled."""
    while True:
        try:
            erased = await run_sync(eraser.erase_older_than, days)
            _log.info("retention", erased=erased, days=days)
        except Exception as error:  # a failed night must not end the nights after it
            _log.error("retention_failed", exc_info=error)
        await asyncio.sleep(every_s)
