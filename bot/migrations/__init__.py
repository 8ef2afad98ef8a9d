"""Alembic migrations of every room's tables; `migrate(database)` runs at each start.

`python -m bot.migrations revision -m "what changed"` writes the next one from the tables as they are declared.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

from common.database import Database

__all__ = ["alembic_config", "migrate", "pending"]

# Any constant will do: replicas that start together on PostgreSQL take turns on it.
_ADVISORY_LOCK = 4_917_330


def alembic_config(connection: Connection, declared: MetaData | None = None) -> Config:
    """Alembic's configuration, bound to an open connection instead of an ini file.

    Only writing a revision needs the `declared` tables (`bot.migrations.tables`): importing every room takes seconds,
    and applying revisions is part of each command's start.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["declared"] = declared
    return config


def migrate(database: Database) -> None:
    """Brings the database to the newest revision, in one transaction; a no-op where it is there already."""
    with database.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        command.upgrade(alembic_config(connection), "head")


def pending(database: Database) -> bool:
    """Whether revisions wait to be applied."""
    with database.session(write=False) as session:
        connection = session.connection()
        current = MigrationContext.configure(connection).get_current_heads()
        newest = ScriptDirectory.from_config(alembic_config(connection)).get_heads()
    return set(current) != set(newest)
