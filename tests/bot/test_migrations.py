"""The migrations make exactly the tables that the code declares, and applying them again changes nothing."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from bot.migrations import METADATA, migrate, pending
from common.database import Database


def test_migrations_and_declared_tables_agree(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'isee.db'}")
    assert pending(database)
    migrate(database)
    assert not pending(database)
    migrate(database)
    with database.engine.begin() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), METADATA)
    database.dispose()
    assert not difference, 'run: .venv/bin/python -m bot.migrations revision -m "what changed"'
