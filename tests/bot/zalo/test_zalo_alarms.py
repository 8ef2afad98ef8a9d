"""One open alarm of each kind, whoever raises it: two replicas in the same moment share its row."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import func, select, text

from bot.migrations import alembic_config
from bot.zalo.alarms import Alarms
from bot.zalo.tables import ZaloAlarmRow
from common.database import Database
from tests.postgres import database_url

BEFORE, AFTER = "e03_desk_texts", "e04_zalo_marks"


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_many_at_once_share_one_row_and_nothing_is_uncounted(kind: str, tmp_path: Path) -> None:
    replicas = [Database(database_url(kind, tmp_path))]
    replicas[0].create_all()
    replicas.append(Database(replicas[0].url))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: Alarms(replicas[number % 2]).raise_("quota", f"-211 lần {number}"), range(24)))
    alarms = Alarms(replicas[0])
    [alarm] = alarms.open()
    assert (alarm.kind, alarm.count) == ("quota", 24) and alarm.detail.startswith("-211")
    assert alarms.clear("quota", "lan") and not alarms.clear("quota", "lan")
    alarms.raise_("quota")
    assert [one.count for one in alarms.open()] == [1]
    with replicas[0].session(write=False) as session:
        assert session.scalar(select(func.count()).select_from(ZaloAlarmRow)) == 2, "what was closed stays closed"
    for database in replicas:
        database.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_was_open_twice_becomes_one_with_all_its_counts(kind: str, tmp_path: Path) -> None:
    database = Database(database_url(kind, tmp_path))

    def to(revision: str, *, down: bool = False) -> None:
        with database.engine.begin() as connection:
            (command.downgrade if down else command.upgrade)(alembic_config(connection), revision)

    to(BEFORE)
    with database.session() as session:
        for kind_of, count, cleared in (("quota", 2, None), ("quota", 3, None), ("quota", 9, "2026-01-02"),
                                        ("oa", 1, None)):
            session.execute(text(
                "INSERT INTO zalo_alarms (kind, detail, count, first_at, last_at, cleared_at)"
                " VALUES (:kind, '', :count, '2026-01-01 00:00:00', '2026-01-01 00:00:00', :cleared)"),
                {"kind": kind_of, "count": count, "cleared": cleared})
    to(AFTER)
    assert {alarm.kind: alarm.count for alarm in Alarms(database).open()} == {"quota": 5, "oa": 1}
    to(BEFORE, down=True)
    to(AFTER)
    database.dispose()
