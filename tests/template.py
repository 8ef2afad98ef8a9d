"""A prepared database to copy: migrating and loading the guides anew for each service takes seconds of CPU.

SQLite files in ordinary runs. Where ISEE_TEST_POSTGRES names a server, `use_postgres` puts a PostgreSQL database in the
place of each file, copied from a template database, so that the same tests say the same of PostgreSQL.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from bot.migrations import migrate
from common.database import Database
from common.settings import Settings
from knowledge_base.store import KnowledgeBase
from tests.postgres import drop_database, fresh_database, has_database, instead_of_sqlite, named

__all__ = ["copy_database", "drop_databases", "empty_database", "url_of", "use_postgres"]

_SQLITE = "sqlite:///"
# PostgreSQL databases that this process made (and drops), by the file whose place they take.
_made: dict[Path, str] = {}


def copy_database(file: Path, *, shipped: bool) -> None:
    """A migrated database at `file`, with the shipped guides where asked for; what is there already stays."""
    if instead_of_sqlite():
        _in_place_of(file, shipped=shipped)
    elif not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_prepared(shipped), file)


def empty_database(folder: Path) -> Database:
    """A database in `folder` with every table and no row; making the tables anew takes 90 ms of CPU."""
    file = folder / "isee.db"
    copy_database(file, shipped=False)
    return Database(f"{_SQLITE}{file}")


def url_of(file: Path) -> str:
    """Where what a test would keep in the SQLite file `file` is, for a process that doesn't know of tests."""
    return _in_place_of(file) if instead_of_sqlite() else f"{_SQLITE}{file}"


def use_postgres() -> None:
    """From now on whoever asks for an SQLite file, by settings or by URL, gets a PostgreSQL database of that name."""

    def of_settings(plain: Callable[..., None]) -> Callable[..., None]:
        def made(self: Settings, *given: Any, **values: Any) -> None:
            plain(self, *given, **values)
            self.database_url = _redirected(self.database_url)
        return made

    def of_database(plain: Callable[..., None]) -> Callable[..., None]:
        def made(self: Database, url: str) -> None:
            plain(self, _redirected(url))
        return made

    Settings.__init__ = of_settings(Settings.__init__)  # type: ignore[method-assign]
    Database.__init__ = of_database(Database.__init__)  # type: ignore[method-assign]


def drop_databases(folder: Path) -> None:
    """Drops the PostgreSQL databases that took the place of files in `folder`."""
    for file in [file for file in _made if file.is_relative_to(folder)]:
        drop_database(_made.pop(file))


def _redirected(url: str) -> str:
    if not url.startswith(_SQLITE):
        return url
    # Only what a test keeps: an SQLite file outside the temporary folder is somebody's.
    file = Path(url.removeprefix(_SQLITE))
    return _in_place_of(file) if file.is_relative_to(tempfile.gettempdir()) else url


def _in_place_of(file: Path, *, shipped: bool = False) -> str:
    """The same database for the same file in every process of a run."""
    run = os.environ.setdefault("ISEE_TEST_RUN", uuid.uuid4().hex)
    name = f"isee_{hashlib.sha256(f'{run} {file}'.encode()).hexdigest()[:16]}"
    server = instead_of_sqlite()
    if file not in _made and not has_database(server, name):
        if not _made:
            atexit.register(drop_databases, Path("/"))
        _made[file] = fresh_database(server, name, _template(shipped))
    return named(server, name)


@cache
def _template(shipped: bool) -> str:
    """The name of a database that nobody is connected to, so that it can be copied; made once for each process."""
    url = fresh_database(instead_of_sqlite(), template=_template(False) if shipped else "")
    atexit.register(drop_database, url)
    _fill(url, shipped)
    return str(make_url(url).database)


@cache
def _prepared(shipped: bool) -> Path:
    """Made once for each test process."""
    folder = Path(tempfile.mkdtemp(prefix="isee-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "isee.db"
    if shipped:
        shutil.copyfile(_prepared(False), file)
    _fill(f"{_SQLITE}{file}", shipped)
    return file


def _fill(url: str, shipped: bool) -> None:
    database = Database(url)
    if shipped:
        KnowledgeBase(database).load_shipped()
    else:
        migrate(database)
    database.fold()
    database.dispose()
