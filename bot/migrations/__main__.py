"""`python -m bot.migrations revision -m "…"`: writes the next migration from the declared tables."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from alembic import command

from bot.migrations import alembic_config, migrate
from bot.migrations.tables import METADATA
from common.database import Database

app = typer.Typer(help="Migrations of the database.")


@app.callback()
def _root() -> None:
    """Keeps `revision` a named command."""


@app.command()
def revision(message: Annotated[str, typer.Option("-m", help="What changed, in a few words.")]) -> None:
    """Writes a revision: what the declared tables have that the newest revision has not."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'scratch.db'}")
        migrate(database)
        with database.engine.begin() as connection:
            written = command.revision(alembic_config(connection, METADATA), message=message, autogenerate=True)
        database.dispose()
    typer.echo(getattr(written, "path", "nothing written"))


if __name__ == "__main__":
    app()
