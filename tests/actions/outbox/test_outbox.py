"""The outbox on a real SQLite file: with the transaction or not at all, again after a failure, once at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from actions.outbox import Entry, Outbox
from common.clock import utc_now
from common.database import Database
from common.errors import NotReady
from common.keyring import Keyring
from common.settings import Settings


class Clock:
    def __init__(self) -> None:
        self.moment = utc_now()

    def __call__(self) -> datetime:
        return self.moment

    def pass_by(self, **span: float) -> None:
        self.moment += timedelta(**span)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, _env_file=None)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outbox(settings: Settings, database: Database, clock: Clock) -> Outbox:
    return Outbox(database, Keyring.from_settings(settings), clock)


def put(outbox: Outbox, database: Database, key: str = "k1", **more: object) -> None:
    with database.session() as session:
        outbox.put(session, "notify", key, "d1", {"text": "xong"}, **more)


def test_work_of_a_rolled_back_transaction_is_never_done(outbox: Outbox, database: Database) -> None:
    seen: list[Entry] = []
    outbox.handle("notify", seen.append)
    with pytest.raises(RuntimeError), database.session() as session:
        outbox.put(session, "notify", "k1", "d1", {})
        raise RuntimeError
    assert outbox.run_due() == 0 and not seen


def test_the_same_key_is_done_once(outbox: Outbox, database: Database) -> None:
    seen: list[Entry] = []
    outbox.handle("notify", seen.append)
    put(outbox, database)
    put(outbox, database)
    assert outbox.run_due() == 1
    assert outbox.run_due() == 0
    assert seen[0].payload == {"text": "xong"} and seen[0].subject == "d1"


def test_a_failure_comes_again_later_and_is_given_up_in_the_end(
    outbox: Outbox, database: Database, clock: Clock
) -> None:
    def fails(_: Entry) -> None:
        raise OSError("unreachable")

    outbox.handle("notify", fails)
    put(outbox, database)
    assert outbox.run_due() == 1
    assert outbox.run_due() == 0, "not before its time"
    for _ in range(11):
        clock.pass_by(hours=2)
        assert outbox.run_due() == 1
    clock.pass_by(hours=2)
    assert outbox.run_due() == 0
    assert [row.error for row in outbox.failed()] == ["OSError: unreachable"]
    outbox.retry(outbox.failed()[0].id)
    assert outbox.run_due() == 1


def test_not_ready_is_not_counted_as_a_failure(outbox: Outbox, database: Database, clock: Clock) -> None:
    def away(_: Entry) -> None:
        raise NotReady("starting")

    outbox.handle("notify", away)
    put(outbox, database)
    for _ in range(20):
        assert outbox.run_due() == 1
        clock.pass_by(hours=2)
    assert not outbox.failed()


def test_a_handler_may_ask_to_be_called_later(outbox: Outbox, database: Database, clock: Clock) -> None:
    moments = [clock() + timedelta(hours=8), None]
    outbox.handle("notify", lambda _: moments.pop(0))
    put(outbox, database)
    assert outbox.run_due() == 1
    clock.pass_by(hours=7)
    assert outbox.run_due() == 0
    clock.pass_by(hours=1)
    assert outbox.run_due() == 1 and not moments


def test_what_is_meant_for_later_waits_and_can_be_cancelled(outbox: Outbox, database: Database, clock: Clock) -> None:
    seen: list[Entry] = []
    outbox.handle("notify", seen.append)
    put(outbox, database, at=clock() + timedelta(days=2))
    assert outbox.run_due() == 0
    with database.session() as session:
        assert outbox.cancel(session, "notify", "d1") == 1
    clock.pass_by(days=3)
    assert outbox.run_due() == 0 and not seen


def test_work_nobody_handles_here_waits(outbox: Outbox, database: Database) -> None:
    put(outbox, database)
    assert outbox.run_due() == 0


def test_a_crash_while_working_brings_the_work_again_after_the_lease(
    outbox: Outbox, database: Database, clock: Clock
) -> None:
    class Killed(BaseException):
        pass

    def dies(_: Entry) -> None:
        raise Killed

    outbox.handle("notify", dies)
    put(outbox, database)
    with pytest.raises(Killed):
        outbox.run_due()
    assert outbox.run_due() == 0
    clock.pass_by(minutes=3)
    with pytest.raises(Killed):
        outbox.run_due()


def test_workers_side_by_side_share_the_work(outbox: Outbox, database: Database) -> None:
    seen: list[str] = []
    outbox.handle("notify", lambda entry: seen.append(entry.key))
    for number in range(40):
        put(outbox, database, f"k{number}")
    with ThreadPoolExecutor(4) as pool:
        total = sum(pool.map(lambda _: outbox.run_due(), range(4)))
    assert total == 40 and sorted(seen) == sorted({f"k{number}" for number in range(40)})
