"""The audit log is written with the act, read newest first, and can't be rewritten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from bot.migrations import migrate
from common.audit import AuditLog, record
from common.database import Database
from tests.postgres import database_url


@pytest.fixture(params=["sqlite", "postgres"])
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    database = Database(database_url(request.param, tmp_path))
    migrate(database)
    yield database
    database.dispose()


def test_entries_stay_as_they_were(migrated: Database) -> None:
    with migrated.session() as session:
        record(session, "lan", "guide.publish", "guide:1.001193",
               before={"fee": "0"}, after={"fee": "8.000"}, reason="QĐ")
        record(session, "hoa", "guideline.read", "guide:1.001193x")
    with pytest.raises(ValueError), migrated.session() as session:
        record(session, "lan", "guide.withdraw", "guide:1.001193")
        raise ValueError("the act failed, so its entry goes too")
    log = AuditLog(migrated)
    newest, oldest = log.page()
    assert (newest.actor, oldest.after, oldest.reason) == ("hoa", {"fee": "8.000"}, "QĐ")
    assert [entry.actor for entry in log.page(action="guide")] == ["lan"]
    assert [entry.id for entry in log.page(before_id=newest.id)] == [oldest.id]
    for change in ("UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log"):
        with pytest.raises(DatabaseError), migrated.session() as session:
            session.execute(text(change))
    assert len(log.page()) == 2
