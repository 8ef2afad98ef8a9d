"""Rate limits: exact in one process, shared through Redis, and never in anybody's way when Redis is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from bot.gateway import limit_storage
from bot.gateway.hub import EventHub
from bot.gateway.limit_storage import BoundedMemory
from bot.gateway.limits import RateLimiter
from bot.gateway.shared import REDIS_UP, Shared
from bot.gateway.wakes import Wakes
from tests.redis_server import PrivateRedis, private_redis


@pytest.fixture(scope="module")
def server() -> Iterator[PrivateRedis]:
    with private_redis() as started:
        yield started


@pytest.fixture
async def shared(server: PrivateRedis) -> AsyncIterator[Shared]:
    one = Shared(server.url)
    await one.client.flushdb()
    yield one
    await one.close()


async def test_a_key_has_its_limit_and_is_told_how_long_to_wait() -> None:
    limiter = RateLimiter(3, window_s=60)
    assert [await limiter.wait("a") for _ in range(3)] == [0, 0, 0]
    assert 1 <= await limiter.wait("a") <= 60
    assert await limiter.wait("b") == 0


async def test_looking_does_not_count() -> None:
    limiter = RateLimiter(1)
    assert [await limiter.left("a") for _ in range(5)] == [0] * 5
    assert await limiter.wait("a") == 0
    assert await limiter.left("a") > 0


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_lets_something_through(limit: int) -> None:
    with pytest.raises(ValueError, match=f"limit must be at least 1. Currently, it is {limit}"):
        RateLimiter(limit)


@settings(max_examples=60, deadline=None)
@given(
    limit=st.integers(1, 5),
    pauses=st.lists(st.floats(0, 30, allow_nan=False), max_size=40),
)
def test_no_window_ever_holds_more_than_the_limit(limit: int, pauses: list[float]) -> None:
    """Whatever the rhythm of a caller: any window of 60 s holds at most `limit` events, and a caller who waits as long
    as told is let in."""
    now = [1_000_000.0]
    clock, limit_storage.time.time = limit_storage.time.time, lambda: now[0]
    try:
        taken: list[float] = []

        async def play() -> None:
            limiter = RateLimiter(limit, 60)
            for pause in pauses:
                now[0] += pause
                seconds = await limiter.wait("a")
                if seconds:
                    now[0] += seconds + 0.001
                    assert await limiter.wait("a") == 0
                taken.append(now[0])

        asyncio.run(play())
    finally:
        limit_storage.time.time = clock
    for index, moment in enumerate(taken):
        assert sum(moment <= other < moment + 60 for other in taken[index:]) <= limit


async def test_memory_is_bounded_however_many_call() -> None:
    storage = BoundedMemory(keys=100)
    for number in range(1_000):
        await storage.acquire_entry(f"key {number}", 3, 60)
    assert await storage.reset() == 100


async def test_a_clock_set_back_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    limiter = RateLimiter(1)
    ahead = time.time() + 3_600
    with monkeypatch.context() as later:
        later.setattr(limit_storage.time, "time", lambda: ahead)
        assert await limiter.wait("a") == 0
        assert await limiter.wait("a") > 0
    assert await limiter.wait("a") == 0


async def test_replicas_count_together(server: PrivateRedis, shared: Shared) -> None:
    other = Shared(server.url)
    here, there = RateLimiter(3, name="n", shared=shared), RateLimiter(3, name="n", shared=other)
    assert [await here.wait("a"), await there.wait("a"), await here.wait("a")] == [0, 0, 0]
    assert await here.left("a") > 0 and 1 <= await there.wait("a") <= 60
    assert await RateLimiter(3, name="another", shared=other).wait("a") == 0
    await other.close()


async def test_no_more_than_the_limit_get_through_at_once(server: PrivateRedis, shared: Shared) -> None:
    limiters = [RateLimiter(10, name="rush", shared=shared) for _ in range(4)]
    answers = await asyncio.gather(*(limiter.wait("a") for limiter in limiters for _ in range(25)))
    assert sum(seconds == 0 for seconds in answers) == 10


async def test_redis_learns_no_key_in_clear(shared: Shared) -> None:
    await RateLimiter(3, name="n", shared=shared).wait("203.0.113.77")
    names = [name.decode() async for name in shared.client.scan_iter("*")]
    assert len(names) == 1 and names[0].startswith("isee:limits:") and "203" not in names[0]
    assert 0 < await shared.client.ttl(names[0]) <= 60


async def test_without_redis_each_process_counts_alone_and_comes_back() -> None:
    with private_redis() as server:
        shared = Shared(server.url)
        limiter = RateLimiter(2, name="n", shared=shared)
        assert [await limiter.wait("a") for _ in range(2)] == [0, 0]
        server.stop()
        assert [await limiter.wait("a") == 0 for _ in range(3)] == [True, True, False]
        assert REDIS_UP._value.get() == 0
        server.start()
        while not REDIS_UP._value.get():
            await asyncio.sleep(0.05)
            await limiter.wait("b")
        seen = Redis.from_url(server.url)
        assert await seen.dbsize() == 1
        await seen.aclose()
        await shared.close()


async def test_a_redis_that_hangs_costs_one_caller_a_moment() -> None:
    """A server that takes connections and says nothing: the first caller finds out, the others don't ask."""
    asked = 0

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.read()
        writer.close()

    door = await asyncio.start_server(silent, "127.0.0.1", 0)
    shared = Shared(f"redis://127.0.0.1:{door.sockets[0].getsockname()[1]}")
    limiter = RateLimiter(50, name="n", shared=shared)
    assert await limiter.wait("a") == 0
    first = asked
    assert [await limiter.wait("a") for _ in range(20)] == [0] * 20
    assert asked == first
    await shared.close()
    door.close()


@pytest.fixture
async def joined(server: PrivateRedis) -> AsyncIterator[tuple[EventHub, EventHub]]:
    """Two hubs, as of two replicas."""
    hubs, parts, tasks = (EventHub(), EventHub()), [Shared(server.url) for _ in range(2)], []
    for hub, part in zip(hubs, parts, strict=True):
        tasks.append(asyncio.create_task(Wakes(hub, part).run()))
    while (await parts[0].client.pubsub_numsub("isee:wakes"))[0][1] < 2:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    yield hubs
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for part in parts:
        await part.close()


async def test_a_wake_up_reaches_the_other_replica(joined: tuple[EventHub, EventHub]) -> None:
    here, there = joined
    with there.listening("c1") as meant, there.listening("c2") as other, here.listening("c1") as own:
        meant.clear()
        other.clear()
        here.wake("c1")
        assert own.is_set()
        await asyncio.wait_for(meant.wait(), 10)
        assert not other.is_set()


async def test_after_redis_was_away_every_stream_looks() -> None:
    with private_redis() as server:
        hub, shared = EventHub(), Shared(server.url)
        task = asyncio.create_task(Wakes(hub, shared).run())
        with hub.listening("c1") as signal:
            await asyncio.wait_for(signal.wait(), 10)  # the first connection
            server.stop()
            hub.wake("c1")  # nobody to tell: not an error
            signal.clear()
            server.start()
            await asyncio.wait_for(signal.wait(), 20)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await shared.close()


def test_streams_have_limits_for_a_conversation_a_client_and_the_process() -> None:
    from contextlib import ExitStack

    from common.errors import NotReady, TooManyRequests

    hub = EventHub(streams_each=2, streams_per_client=3, streams=5)
    with ExitStack() as stack:
        for conversation in ("a", "a", "b"):
            stack.enter_context(hub.listening(conversation, "one"))
        with pytest.raises(TooManyRequests), hub.listening("c", "one"):
            pass
        with pytest.raises(TooManyRequests), hub.listening("a", "two"):
            pass
        stack.enter_context(hub.listening("c", "two"))
        stack.enter_context(hub.listening("c", "two"))
        with pytest.raises(NotReady), hub.listening("d", "three"):
            pass
        stack.enter_context(hub.listening("desk"))  # the service's own are always let in
    with hub.listening("a", "one"):
        assert hub.counts() == {"a": 1}
