"""The migrations make exactly the tables that the code declares, and applying them again changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from bot.migrations import migrate, pending
from bot.migrations.tables import METADATA
from common.database import Database
from tests.postgres import database_url


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_migrations_and_declared_tables_agree(kind: str, tmp_path: Path) -> None:
    database = Database(database_url(kind, tmp_path))
    assert pending(database)
    migrate(database)
    assert not pending(database)
    migrate(database)
    with database.engine.begin() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), METADATA)
    database.dispose()
    assert not difference, 'run: .venv/bin/python -m bot.migrations revision -m "what changed"'
