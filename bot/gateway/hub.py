"""Wakes the event streams of a conversation when something new was stored.

Streams always read from the database after their last id, so a lost wake-up costs a little time, never a message.
Replicas that share a Redis wake each other (`bot.gateway.wakes`); others see each other's messages at the next look.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from bot.gateway.texts import problem
from common.errors import NotReady, TooManyRequests

__all__ = ["DESK", "EVERY", "EventHub"]

DESK = "desk"
"""The key that those listen to who watch all conversations that concern people."""
EVERY = "*"
"""The key that those listen to who follow all conversations (the Zalo channel)."""


class EventHub:
    """One wake-up signal for each open stream. Call from the event loop that the streams run in."""

    def __init__(self, streams_each: int = 8, streams_per_client: int = 200, streams: int = 4_000) -> None:
        self._each, self._per_client, self._most = streams_each, streams_per_client, streams
        self._signals: dict[str, set[asyncio.Event]] = {}
        self._clients: Counter[str] = Counter()
        self._open = 0
        self.elsewhere: Callable[[str], object] | None = None
        """Told of each wake-up, to pass it on to other replicas."""
        self.closing = False

    @contextmanager
    def listening(self, conversation_id: str, client: str = "") -> Iterator[asyncio.Event]:
        """Registers a stream. Raises TooManyRequests beyond the limit of the conversation or of the client (the digest
        of an address; streams of the service itself have none), NotReady beyond what the whole process holds."""
        self._admit(conversation_id, client)
        signals = self._signals.setdefault(conversation_id, set())
        signal = asyncio.Event()
        signals.add(signal)
        self._clients[client] += 1
        self._open += 1
        try:
            yield signal
        finally:
            signals.discard(signal)
            if not signals:
                self._signals.pop(conversation_id, None)
            self._open -= 1
            self._clients[client] -= 1
            if not self._clients[client]:
                del self._clients[client]

    def _admit(self, conversation_id: str, client: str) -> None:
        if client and self._open >= self._most:
            raise NotReady(problem("crowded"), retry_after=30)
        full = bool(client) and self._clients[client] >= self._per_client
        if full or len(self._signals.get(conversation_id, ())) >= self._each:
            raise TooManyRequests(problem("busy_streams"), retry_after=10)

    def wake(self, conversation_id: str) -> None:
        """Wakes the streams of a conversation, here and in other replicas."""
        self.stir(conversation_id)
        if self.elsewhere:
            self.elsewhere(conversation_id)

    def stir(self, conversation_id: str) -> None:
        """Wakes the streams of a conversation in this process alone."""
        for key in (conversation_id, EVERY):
            for signal in self._signals.get(key, ()):
                signal.set()

    def stir_all(self) -> None:
        for signals in self._signals.values():
            for signal in signals:
                signal.set()

    def close(self) -> None:
        """Ends every stream, so that the service can stop."""
        self.closing = True
        self.stir_all()

    def counts(self) -> Counter[str]:
        return Counter({key: len(signals) for key, signals in self._signals.items()})


async def wait(signal: asyncio.Event, seconds: float) -> None:
    """Waits for the signal, at most `seconds`, and clears it."""
    # Not wait_for: in Python 3.11 it swallows a cancellation that comes together with the signal, and a loop around it
    # would never end.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await signal.wait()
    signal.clear()
