"""What the replicas of the service share besides the database: Redis, for as long as it answers.

Nothing that must not be lost lives there. While Redis is away every caller goes on by itself, and one trial now and
then finds it back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import structlog
from prometheus_client import Gauge

from common.breaker import CircuitBreaker

if TYPE_CHECKING:
    from redis.asyncio import BlockingConnectionPool, Redis

__all__ = ["Shared"]

REDIS_UP = Gauge("isee_redis_up", "0 while a Redis that is set doesn't answer, so that each replica counts by itself.")
REDIS_UP.set(1)

# A citizen waits at most this long for a Redis that hangs, and only whoever tries it first.
_PATIENCE_S = 0.5
_CONNECTIONS = 32
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 10.0
_Answer = TypeVar("_Answer")
_log = structlog.get_logger(__name__)


class Shared:
    """One pool of connections; made without connecting, used from one event loop.

    `away`: what a call raises when Redis can't be asked.
    """

    def __init__(self, url: str) -> None:
        # Most installations have no Redis and need not wait for its client to load.
        from redis.asyncio import BlockingConnectionPool, Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
        from redis.exceptions import RedisError

        self.away = (RedisError, OSError, TimeoutError)
        # One more try at once: a connection that was idle while Redis restarted is dead, Redis is not.
        again: Retry = Retry(NoBackoff(), 1)
        self.pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
            url, max_connections=_CONNECTIONS, timeout=_PATIENCE_S, socket_timeout=_PATIENCE_S,
            socket_connect_timeout=_PATIENCE_S, retry=again)
        self.client: Redis = Redis(connection_pool=self.pool)
        self._breaker = CircuitBreaker(1, _FIRST_PAUSE_S, _LONGEST_PAUSE_S)
        self._away = False

    async def ask(self, call: Callable[[], Awaitable[_Answer]]) -> _Answer | None:
        """What `call` gets from Redis; None at once while it is away. Never raises for Redis' sake."""
        if not self._breaker.allows():
            return None
        try:
            answer = await call()
        except self.away as error:
            self._breaker.failed()
            self.gone(error)
            return None
        self._breaker.succeeded()
        self.back()
        return answer

    def gone(self, error: BaseException) -> None:
        """Notes that Redis is away; logs it once."""
        REDIS_UP.set(0)
        if not self._away:
            _log.warning("redis_away", error=type(error).__name__)
        self._away = True

    def back(self) -> None:
        REDIS_UP.set(1)
        if self._away:
            _log.info("redis_back")
        self._away = False

    async def close(self) -> None:
        await self.pool.disconnect()
