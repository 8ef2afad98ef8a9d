"""One turn at a time in a conversation, in the order of arrival."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.gateway.texts import problem
from common.errors import TooManyRequests

__all__ = ["TurnOrder"]


class _Queue:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()  # wakes its waiters first come, first served
        self.inside = 0


class TurnOrder:
    """Locks by conversation; a lock lives only while somebody holds or awaits it, so the map stays bounded."""

    def __init__(self, longest_queue: int = 60) -> None:
        self._longest = longest_queue
        self._queues: dict[str, _Queue] = {}

    @asynccontextmanager
    async def turn(self, conversation_id: str) -> AsyncIterator[None]:
        """Waits for this conversation's turn. Raises TooManyRequests when too many wait already."""
        queue = self._queues.setdefault(conversation_id, _Queue())
        if queue.inside >= self._longest:
            raise TooManyRequests(problem("queue_full"), retry_after=5)
        queue.inside += 1
        try:
            async with queue.lock:
                yield
        finally:
            queue.inside -= 1
            if not queue.inside:
                del self._queues[conversation_id]

    def __len__(self) -> int:
        return len(self._queues)
