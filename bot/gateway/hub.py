"""Wakes the event streams of a conversation when something new was stored.

Streams always read from the database after their last id, so a lost wake-up costs a little time, never a message;
replicas that share a database see each other's messages at the next look.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bot.gateway.texts import problem
from common.errors import TooManyRequests

__all__ = ["DESK", "EventHub"]

DESK = "desk"
"""The key that those listen to who watch all conversations that concern people."""


class EventHub:
    """One wake-up signal for each open stream. Call from the event loop that the streams run in."""

    def __init__(self, streams_each: int = 8) -> None:
        self._limit = streams_each
        self._signals: dict[str, set[asyncio.Event]] = {}
        self.closing = False

    @contextmanager
    def listening(self, conversation_id: str) -> Iterator[asyncio.Event]:
        """Registers a stream. Raises TooManyRequests beyond the limit for one conversation."""
        signals = self._signals.setdefault(conversation_id, set())
        if len(signals) >= self._limit:
            raise TooManyRequests(problem("busy_streams"), retry_after=10)
        signal = asyncio.Event()
        signals.add(signal)
        try:
            yield signal
        finally:
            signals.discard(signal)
            if not signals:
                self._signals.pop(conversation_id, None)

    def wake(self, conversation_id: str) -> None:
        for signal in self._signals.get(conversation_id, ()):
            signal.set()

    def close(self) -> None:
        """Ends every stream, so that the service can stop."""
        self.closing = True
        for signals in self._signals.values():
            for signal in signals:
                signal.set()

    def counts(self) -> Counter[str]:
        return Counter({key: len(signals) for key, signals in self._signals.items()})


async def wait(signal: asyncio.Event, seconds: float) -> None:
    """Waits for the signal, at most `seconds`, and clears it."""
    with suppress(TimeoutError):
        await asyncio.wait_for(signal.wait(), seconds)
    signal.clear()
