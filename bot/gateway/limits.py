"""Rate limits: at most `limit` events in any window of `window_s` seconds for each key.

The library `limits` counts: in Redis where the replicas share one, else (and while Redis is away) in this process.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter

from bot.gateway.limit_storage import BoundedMemory
from bot.gateway.shared import Shared

__all__ = ["RateLimiter"]

_PREFIX = "isee:limits"
_How = Callable[[MovingWindowRateLimiter, RateLimitItem, str, str], Awaitable[float]]


class RateLimiter:
    """A moving window for each key. Keys are stored as digests, so neither addresses nor ids reach Redis.

    Limiters of one `name` share their counts through `shared`; in memory each counts for itself.
    """

    def __init__(
        self, limit: int, window_s: float = 60.0, keys: int = 20_000, *, name: str = "", shared: Shared | None = None
    ) -> None:
        if limit < 1:
            raise ValueError(f"limit must be at least 1. Currently, it is {limit}")
        self._name, self._shared = name, shared
        self._item = RateLimitItemPerSecond(limit, max(1, math.ceil(window_s)))
        self._memory = BoundedMemory(keys)
        self._own = MovingWindowRateLimiter(self._memory)
        self._common = (
            MovingWindowRateLimiter(RedisStorage(
                "redis://", implementation="redispy", key_prefix=_PREFIX,
                connection_pool=shared.pool))  # type: ignore[arg-type]  # it says what it takes in words only
            if shared else None
        )

    async def wait(self, key: str) -> float:
        """Counts one event; 0 when it is within the limit, else the seconds until the next may come (not counted)."""
        return await self._ask(key, _take)

    async def left(self, key: str) -> float:
        """Seconds until an event of `key` may come, without counting one."""
        return await self._ask(key, _look)

    async def give_back(self, key: str) -> None:
        """Takes back the latest event of `key` that `wait` counted."""
        digest = _digest(key)
        if (shared := self._shared) and self._common:
            storage = self._common.storage
            assert isinstance(storage, RedisStorage)
            # The library keeps a moving window as a list, the latest first, and has no word for this.
            name = storage.bridge.prefixed_key(self._item.key_for(self._name, digest))
            if await shared.ask(lambda: _dropped(shared.client, name)):
                return
        self._memory.give_back(self._item.key_for(self._name, digest))

    async def _ask(self, key: str, how: _How) -> float:
        digest = _digest(key)
        if self._shared and (common := self._common):
            seconds = await self._shared.ask(lambda: how(common, self._item, self._name, digest))
            if seconds is not None:
                return seconds
        return await how(self._own, self._item, self._name, digest)


async def _take(strategy: MovingWindowRateLimiter, item: RateLimitItem, name: str, digest: str) -> float:
    return 0.0 if await strategy.hit(item, name, digest) else await _pause(strategy, item, name, digest)


async def _look(strategy: MovingWindowRateLimiter, item: RateLimitItem, name: str, digest: str) -> float:
    return 0.0 if await strategy.test(item, name, digest) else await _pause(strategy, item, name, digest)


async def _pause(strategy: MovingWindowRateLimiter, item: RateLimitItem, name: str, digest: str) -> float:
    """Whole seconds until the window has room, at least one."""
    stats = await strategy.get_window_stats(item, name, digest)
    return float(max(1, math.ceil(stats.reset_time - time.time())))


def _digest(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=16, person=b"isee limits").hexdigest()


async def _dropped(redis: Any, name: str) -> bool:
    """True once Redis was asked, whether or not there was anything to drop."""
    await redis.lpop(name)
    return True
