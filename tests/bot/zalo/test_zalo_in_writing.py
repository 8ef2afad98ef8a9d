"""Events on their way into the database: many share a commit, a full or slow database is told, nothing is plain."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.migrations import migrate
from bot.zalo.alarms import Alarms
from bot.zalo.queue import EventQueue
from bot.zalo.queue_writing import Full, GroupWriter
from bot.zalo.tables import ZaloEventRow
from common.database import Database
from common.keyring import Keyring
from tests.bot.zalo.incoming import encoded, event_of, said


async def test_events_that_come_while_one_is_written_share_the_next_commit() -> None:
    groups: list[int] = []

    def store(items: Any) -> int:
        groups.append(len(items))
        return len(items)

    writer = GroupWriter(store)
    await asyncio.gather(*(writer.put(event_of(said(user="1")), b"x") for _ in range(50)))
    assert sum(groups) == 50 and len(groups) < 10


async def test_a_queue_that_is_full_refuses_instead_of_growing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.zalo.queue_writing._WAITING_BYTES", 1000)
    writer = GroupWriter(lambda items: len(items))
    results = await asyncio.gather(
        *(writer.put(event_of(said(user="1")), b"x" * 100) for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(one, Full) for one in results) == 10
    await writer.put(event_of(said(user="1")), b"x" * 100)


async def test_a_database_that_takes_too_long_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    monkeypatch.setattr("bot.zalo.queue_writing.PATIENCE_S", 0.05)
    queue = EventQueue(database, Keyring(b"k" * 32), Alarms(database))

    def slow(items: Any) -> int:
        time.sleep(0.3)
        return queue.store(items)

    body = said("chậm", user="1")
    writer = GroupWriter(slow)
    with pytest.raises(Full):
        await writer.put(event_of(body), encoded(body))
    await asyncio.sleep(0.6)
    with database.session(write=False) as session:
        assert len(session.scalars(select(ZaloEventRow)).all()) == 1, "it is written after all"
    assert queue.store([(event_of(body), encoded(body))]) == 0, "and the repeat is known"


def test_the_queue_has_no_plain_words(tmp_path: Path) -> None:
    made = Database(f"sqlite:///{tmp_path / 'plain.db'}")
    migrate(made)
    queue = EventQueue(made, Keyring(b"k" * 32), Alarms(made))
    body = said("con tôi sinh ngày một tháng năm", user="1")
    queue.store([(event_of(body), encoded(body))])
    made.dispose()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"sinh ng" not in content
