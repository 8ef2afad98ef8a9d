"""A prepared SQLite database to copy: migrating and loading the guides anew for each service takes seconds of CPU."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from bot.migrations import migrate
from common.database import Database
from knowledge_base.store import KnowledgeBase

__all__ = ["copy_database"]


def copy_database(file: Path, *, shipped: bool) -> None:
    """A migrated database at `file`, with the shipped guides where asked for; what is there already stays."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_prepared(shipped), file)


@cache
def _prepared(shipped: bool) -> Path:
    """Made once for each test process."""
    folder = Path(tempfile.mkdtemp(prefix="isee-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "isee.db"
    if shipped:
        shutil.copyfile(_prepared(False), file)
    database = Database(f"sqlite:///{file}")
    if shipped:
        KnowledgeBase(database).load_shipped()
    else:
        migrate(database)
    database.fold()
    database.dispose()
    return file
