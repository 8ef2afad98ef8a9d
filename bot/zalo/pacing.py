"""How fast the platform is called: a shared limit a second, and rests that the platform asks for (SPEC 5.13).

The limit counts over all replicas where ISEE_REDIS_URL is set (library `limits`, sliding log), else in this process.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter

from bot.zalo.errors import lost

__all__ = ["Pacer"]

# What waits longer than this is tried again later; the lease on a citizen's messages must outlast it.
_LONGEST_WAIT_S = 20.0
_STEP_S = 0.05
_PATIENCE_S = 0.5
# The platform counts by the minute (4,000 calls an app): a rest of some seconds lets the count run down.
_REST_S, _LONGEST_REST_S = 2, 30
_log = structlog.get_logger(__name__)


class Pacer:
    """Waits for a turn to call. One for each service; every call of the platform passes `turn()` first."""

    def __init__(self, rate_per_s: float, redis_url: str = "", app_id: str = "") -> None:
        """`rate_per_s` may be below one: 0.5 is a call every two seconds."""
        self._limit = _limit(rate_per_s)
        here = _Counts(MemoryStorage(), self._limit, app_id)
        self._here = here
        self._counts = _Counts(_redis(redis_url), self._limit, app_id) if redis_url else here
        self._away = False
        self._rest_s = _REST_S

    async def turn(self) -> None:
        """Returns when a call may be made. Raises SendFailed(RETRY) when that takes too long."""
        until = time.monotonic() + _LONGEST_WAIT_S
        while not await self._free():
            if time.monotonic() > until:
                raise lost("busy")
            await asyncio.sleep(_STEP_S)

    async def refused(self) -> None:
        """The platform said -32: nobody calls for a while, longer each time in a row."""
        await self._rest(self._rest_s)
        self._rest_s = min(self._rest_s * 2, _LONGEST_REST_S)

    async def answered(self, headers: Mapping[str, str]) -> None:
        """Takes note of `X-RateLimit-Remain` of an answer that was not -32."""
        self._rest_s = _REST_S
        try:
            remain = int(headers.get("x-ratelimit-remain", "1"))
        except ValueError:
            return
        if remain <= 0:
            await self._rest(_REST_S)

    async def _rest(self, seconds: int) -> None:
        _log.warning("zalo_rate_limited", rest_s=seconds)
        try:
            await self._counts.rest(seconds)
        except self._counts.errors as error:
            self._gone(error)
            await self._here.rest(seconds)

    async def _free(self) -> bool:
        """Takes a turn if there is one. While Redis is away each process keeps to the whole limit by itself."""
        try:
            free = await self._counts.free()
        except self._counts.errors as error:
            self._gone(error)
            return await self._here.free()
        self._away = False
        return free

    def _gone(self, error: BaseException) -> None:
        """Says once that Redis is away."""
        if not self._away:
            _log.warning("zalo_rate_not_shared", error=type(error).__name__)
        self._away = True


class _Counts:
    """Calls of the last second, and whether the platform asked for a rest, in one storage."""

    def __init__(self, storage: MemoryStorage | RedisStorage, limit: RateLimitItem, app_id: str) -> None:
        self._storage, self._limit = storage, limit
        self._key = f"zalo:{app_id}"
        self._limiter = MovingWindowRateLimiter(storage)
        known = storage.base_exceptions
        self.errors = known if isinstance(known, tuple) else (known,)

    async def free(self) -> bool:
        resting = await self._storage.get(f"{self._key}:rest") > 0
        return not resting and await self._limiter.hit(self._limit, self._key)

    async def rest(self, seconds: int) -> None:
        await self._storage.incr(f"{self._key}:rest", seconds)


def _redis(url: str) -> RedisStorage:
    """Nobody waits long for a Redis that hangs."""
    return RedisStorage(
        f"async+{url}", implementation="redispy", socket_timeout=_PATIENCE_S, socket_connect_timeout=_PATIENCE_S)


def _limit(rate_per_s: float) -> RateLimitItem:
    if rate_per_s >= 1:
        return RateLimitItemPerSecond(math.floor(rate_per_s))
    return RateLimitItemPerSecond(1, math.ceil(1 / rate_per_s))
