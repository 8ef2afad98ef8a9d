"""Consent and tokens: PKCE, single-use refresh over several keepers, crashes at each step (SPEC 5.1, 5.2)."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.responses import Response, StreamingResponse

from bot.zalo.alarms import Alarms
from bot.zalo.keeper import Keeper
from bot.zalo.keeper_oauth import OAuth
from bot.zalo.keeper_store import Pair, TokenStore
from bot.zalo.model import Act, SendFailed
from bot.zalo.tables import ZaloTokenRow
from common.clock import utc_now
from common.database import Database
from tests.bot.zalo.fake_platform import OA, Platform
from tests.bot.zalo.out.tokens import TOKEN, aged, keeper_of, kinds, standing
from tests.bot.zalo.out_parts import KEYRING, another_database, oauth_of, store_tokens, until
from tests.bot.zalo.out_process import renew
from tests.postgres import database_url


def test_tokens_are_sealed(platform: Platform, database: Database) -> None:
    store_tokens(platform, database)
    with database.session(write=False) as session:
        row = session.get(ZaloTokenRow, OA)
        assert b"access-1" not in row.access and b"refresh-1" not in row.refresh
    assert "access-1" not in repr(standing(database)) and "refresh" not in repr(Pair("a", "refresh-1", 1))


# When


async def test_refreshed_at_five_hours_left_and_not_before(platform: Platform, database: Database) -> None:
    store_tokens(platform, database)
    keeper = keeper_of(platform, database)
    aged(database, 19.9)
    await keeper.tick()
    assert platform.refreshes == []
    aged(database, 0.2)
    await keeper.tick()
    assert platform.refreshes == ["refresh-1"]
    found = standing(database)
    assert (found.access, found.generation, found.pending_since, found.stopped) == ("access-2", 2, None, "")
    assert abs(found.expires_at - utc_now() - timedelta(hours=25)) < timedelta(minutes=1)  # "90000", a string


async def test_short_and_long_tokens(platform: Platform, database: Database) -> None:
    """An hour's token isn't renewed at each look; a month's is, daily."""
    platform.life = "3600"
    store_tokens(platform, database)
    keeper = keeper_of(platform, database)
    await keeper.tick()
    assert platform.refreshes == []
    aged(database, 0.85)
    platform.life = str(30 * 86400)
    await keeper.tick()
    aged(database, 23.9)
    await keeper.tick()
    assert len(platform.refreshes) == 1
    aged(database, 0.2)
    await keeper.tick()
    assert len(platform.refreshes) == 2


# One refresher


async def race(platform: Platform, databases: list[Database], asks: list[int]) -> None:
    """Every keeper renews generation 1 as often as `asks` says, all at once, in threads of their own."""

    def ask(database: Database) -> int:
        return asyncio.run(keeper_of(platform, database).renewed(1)).generation

    with ThreadPoolExecutor(len(asks)) as pool:
        loop = asyncio.get_running_loop()
        found = await asyncio.gather(*(loop.run_in_executor(pool, ask, databases[n % len(databases)]) for n in asks))
    assert set(found) == {2}


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asks=st.lists(st.integers(0, 2), min_size=2, max_size=6), slow=st.sampled_from([0.0, 0.05]))
def test_invariant_8_no_refresh_token_is_used_twice(
    platform: Platform, tmp_path: Path, asks: list[int], slow: float
) -> None:
    """Several databases over one file are what several processes have."""
    platform.__init__(url=platform.url)  # type: ignore[misc]
    first = another_database(tmp_path)
    databases = [first, Database(first.url), Database(first.url)]
    store_tokens(platform, databases[0], utc_now() - timedelta(hours=2))
    platform.slow_s = slow
    asyncio.run(race(platform, databases, asks))
    assert platform.refreshes == ["refresh-1"] and platform.used_twice == []
    assert kinds(databases[0]) == set()
    for database in databases:
        database.dispose()


async def test_no_refresh_token_is_used_twice_on_postgres(platform: Platform, tmp_path: Path) -> None:
    url = database_url("postgres", tmp_path)
    databases = [Database(url) for _ in range(3)]
    databases[0].create_all()
    store_tokens(platform, databases[0], utc_now() - timedelta(hours=2))
    platform.slow_s = 0.05
    await race(platform, databases, [0, 1, 2, 0, 1, 2, 0, 1])
    assert platform.refreshes == ["refresh-1"] and platform.used_twice == []


def test_two_processes_use_it_once(platform: Platform, database: Database) -> None:
    store_tokens(platform, database, utc_now() - timedelta(hours=2))
    platform.slow_s = 0.1
    spawn = multiprocessing.get_context("spawn")
    ready, go = spawn.Semaphore(0), spawn.Event()
    others = [spawn.Process(target=renew, args=(platform.url, database.url, ready, go)) for _ in range(2)]
    for process in others:
        process.start()
    for _ in others:
        ready.acquire()
    go.set()
    for process in others:
        process.join(60)
    assert [process.exitcode for process in others] == [0, 0]
    assert platform.refreshes == ["refresh-1"] and platform.used_twice == []


async def test_a_call_in_flight_takes_the_newer_token_first(platform: Platform, database: Database) -> None:
    store_tokens(platform, database)
    keeper = keeper_of(platform, database)
    old = await keeper.token()
    aged(database, 21)
    await keeper_of(platform, database).tick()  # another replica
    assert (await keeper.renewed(old.generation)).access == "access-2"
    assert platform.refreshes == ["refresh-1"]


async def test_a_fresh_token_that_is_refused_is_not_made_anew(platform: Platform, database: Database) -> None:
    store_tokens(platform, database)
    with pytest.raises(SendFailed) as caught:
        await keeper_of(platform, database).renewed(1)
    assert caught.value.act is Act.ALARM and platform.refreshes == []


# Crashes


class Crash(Exception):
    pass


class CrashingStore(TokenStore):
    """Dies at one step, as a process that is killed there."""

    at = ""

    def begin(self, generation: int) -> str | None:
        self._die("before mark")
        given_token = super().begin(generation)
        self._die("after mark")
        return given_token

    def commit(self, pair: Pair) -> bool:
        self._die("before commit")
        kept = super().commit(pair)
        self._die("after commit")
        return kept

    def _die(self, step: str) -> None:
        if self.at == step:
            raise Crash(step)


class CrashingOAuth(OAuth):
    at = ""

    async def refresh(self, refresh_token: str) -> Pair:
        if self.at == "before call":
            raise Crash(self.at)
        pair = await super().refresh(refresh_token)
        if self.at == "after call":
            raise Crash(self.at)
        return pair


@pytest.mark.parametrize("step", [
    "before mark", "after mark", "before call", "after call", "before commit", "after commit"])
async def test_a_crash_at_any_step_never_loses_the_pair_silently(
    platform: Platform, database: Database, step: str
) -> None:
    store_tokens(platform, database, utc_now() - timedelta(hours=21))
    store, oauth = CrashingStore(database, KEYRING, OA), CrashingOAuth(platform.settings())
    store.at = oauth.at = step
    with pytest.raises(Crash):
        await Keeper(store, oauth, Alarms(database)).tick()

    # The service starts again, at once and then a while later.
    keeper = keeper_of(platform, database)
    await keeper.tick()
    if step not in ("before mark", "after commit"):
        assert platform.refreshes in ([], ["refresh-1"])  # nobody touches it while the mark is young
        with database.session() as session:
            session.get(ZaloTokenRow, OA).pending_since -= timedelta(minutes=5)
        await keeper.tick()
        assert kinds(database) == {"unsure"} and standing(database).stopped == "unsure"
        await keeper.tick()  # stays stopped
        assert platform.used_twice == [] and len(platform.refreshes) <= 1
        # One manual try: good where the token had not been used, else only a consent helps.
        used = platform.refreshes == ["refresh-1"]
        assert await keeper.try_again("lan") is not used
        assert kinds(database) == ({"unsure", "consent"} if used else set())
        assert not await keeper.try_again("lan")
    else:
        assert standing(database).access == "access-2" and kinds(database) == set()
    assert len(platform.used_twice) <= 1


# What goes wrong


def test_a_pair_that_comes_after_its_mark_was_given_up_is_kept(database: Database) -> None:
    store, other = TokenStore(database, KEYRING, OA), TokenStore(database, KEYRING, OA)
    store.put(Pair("a1", "r1", 90_000), "lan")
    assert store.begin(1) == "r1" and other.stop_abandoned(timedelta(0)) == "unsure"
    assert store.commit(Pair("a2", "r2", 90_000)), "r1 is used: there is no other pair"
    assert (standing(database).access, standing(database).stopped, standing(database).generation) == ("a2", "", 2)
    assert store.begin(2) == "r2"
    other.put(Pair("c1", "c2", 90_000), "lan")
    assert not store.commit(Pair("a3", "r3", 90_000)) and standing(database).access == "c1", "a consent counts more"


async def test_an_unreachable_platform_costs_nothing(platform: Platform, database: Database) -> None:
    store_tokens(platform, database, utc_now() - timedelta(hours=24, minutes=30))
    away = Keeper(
        TokenStore(database, KEYRING, OA), OAuth(platform.settings(oauth_url="http://127.0.0.1:9")), Alarms(database))
    with pytest.raises(SendFailed) as caught:
        await away.tick()
    assert caught.value.act is Act.RETRY
    assert standing(database).pending_since is None and kinds(database) == {"unreachable"}
    await keeper_of(platform, database).tick()
    assert platform.refreshes == ["refresh-1"] and kinds(database) == set()


async def test_a_refused_refresh_asks_for_a_consent(platform: Platform, database: Database) -> None:
    store_tokens(platform, database, utc_now() - timedelta(hours=21))
    platform.then(TOKEN, {"error": -118, "error_name": "Invalid grant", "error_reason": "x"})
    keeper = keeper_of(platform, database)
    await keeper.tick()
    assert kinds(database) == {"consent"} and standing(database).stopped == "consent"
    assert (await keeper.token()).access == "access-1"  # lives on until it runs out
    aged(database, 5)
    with pytest.raises(SendFailed) as caught:
        await keeper.token()
    assert caught.value.act is Act.ALARM
    assert not await keeper.try_again("lan") and len(platform.to(TOKEN)) == 1


@pytest.mark.parametrize("answer", [Response("no", 502), Response("<html>", 200), {"something": "else"}])
async def test_an_unreadable_answer_stops_for_a_person(platform: Platform, database: Database, answer: Any) -> None:
    store_tokens(platform, database, utc_now() - timedelta(hours=21))
    platform.then(TOKEN, answer)
    keeper = keeper_of(platform, database)
    await keeper.tick()
    await keeper.tick()
    assert kinds(database) == {"unsure"} and len(platform.to(TOKEN)) == 1
    assert await keeper.try_again("lan")
    assert kinds(database) == set() and standing(database).access == "access-2"


async def test_an_answer_that_trickles_in_is_given_up_as_unknown(
    platform: Platform, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each single wait is short, the whole is not: nobody knows what became of the refresh token."""
    monkeypatch.setattr("bot.zalo.keeper_oauth._WHOLE_S", 0.3)

    async def drops() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b" "
            await asyncio.sleep(0.05)

    platform.then("/v4/oa/access_token", StreamingResponse(drops()))
    with pytest.raises(SendFailed) as caught:
        await oauth_of(platform).refresh("refresh-1")
    assert caught.value.act is Act.UNKNOWN


async def test_a_stop_of_the_service_waits_for_the_new_pair(platform: Platform, database: Database) -> None:
    store_tokens(platform, database, utc_now() - timedelta(hours=21))
    platform.slow_s = 0.3
    task = asyncio.create_task(keeper_of(platform, database).tick())
    await until(lambda: platform.to(TOKEN))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert standing(database).access == "access-2" and standing(database).pending_since is None


async def test_without_a_consent_nothing_is_called(platform: Platform, database: Database) -> None:
    keeper = keeper_of(platform, database)
    await keeper.tick()
    with pytest.raises(SendFailed) as caught:
        await keeper.token()
    assert caught.value.act is Act.ALARM and platform.calls == []
