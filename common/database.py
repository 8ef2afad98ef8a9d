"""One SQL database through SQLAlchemy 2: SQLite in WAL mode by default, PostgreSQL by URL.

Rooms declare their tables on `Base` beside the code that owns them; `bot/migrations` creates them.
Sessions are synchronous: async code calls them through `anyio.to_thread.run_sync`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from threading import RLock
from typing import Any

from sqlalchemy import URL, DateTime, Engine, MetaData, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from common.errors import SetupProblem
from common.settings import Settings

__all__ = ["Base", "Database", "UtcDateTime", "fold", "why_away"]

_NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


_BUSY_MS = 15_000
# secure_delete: what is erased is overwritten, not only unlinked.
_PRAGMAS = (
    "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}", "secure_delete=ON",
)
_LONGEST_QUEUE_S = 60
# A server that doesn't say no either, e.g. behind a firewall: the driver itself would wait for two minutes.
_LONGEST_CONNECT_S = 10
_BAD_URL = (
    "Không đọc được ISEE_DATABASE_URL. Viết như postgresql+psycopg://isee@db/isee, hoặc để trống để dùng SQLite.")


class Base(DeclarativeBase):
    """Every table of iSee derives from this."""

    metadata = MetaData(naming_convention=_NAMING)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC moment; SQLite forgets the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment without time zone was about to be stored")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is not None and value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value


class Database:
    """The engine and its sessions. One instance a process, made by the composition root."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        # SQLite lets waiting writers try again at random, so under a rush some would wait for ever: here they queue.
        self._writers = RLock() if url.startswith("sqlite") else None

    @classmethod
    def from_settings(cls, settings: Settings) -> Database:
        settings.home.mkdir(parents=True, exist_ok=True)
        return cls(settings.database_url)

    @contextmanager
    def session(self, *, write: bool = True) -> Iterator[Session]:
        """A session in one transaction: committed at the end, rolled back on any error.

        `write=False` promises only to read, so that on SQLite it neither takes nor waits for the write lock.
        """
        with (
            self._queue(write),
            self._sessions(bind=self.engine.execution_options(write=write)) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def _queue(self, write: bool) -> Iterator[None]:
        """One writer of this process at a time on SQLite; other processes are waited for by SQLite itself."""
        queued = write and self._writers is not None and self._writers.acquire(timeout=_LONGEST_QUEUE_S)
        try:
            yield
        finally:
            if queued and self._writers is not None:
                self._writers.release()

    def fold(self) -> None:
        """After an erasure: SQLite's write-ahead log, which still holds the pages as they were, is folded in and
        emptied, unless somebody is reading just now (then the next call does it)."""
        fold(self.engine)

    def checkpoint(self) -> None:
        """Moves what was committed from SQLite's write-ahead log into its file as far as nobody hinders it, so that
        whoever writes a lot pays for it, and not the next citizen's turn."""
        if self.engine.dialect.name == "sqlite":
            with closing(self.engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def create_all(self) -> None:
        """Creates missing tables directly; for tests (the service migrates instead)."""
        Base.metadata.create_all(self.engine)

    def dispose(self) -> None:
        self.engine.dispose()


def fold(engine: Engine) -> None:
    """Empties the write-ahead log of an SQLite database into its file; nothing to do for any other database."""
    if engine.dialect.name != "sqlite":
        return
    # Past the engine's own BEGIN: inside a transaction the log can't be emptied.
    with closing(engine.raw_connection()) as connection:
        for pragma in ("busy_timeout=1000", "wal_checkpoint(TRUNCATE)", f"busy_timeout={_BUSY_MS}"):
            connection.cursor().execute(f"PRAGMA {pragma}").fetchall()


def why_away(error: BaseException) -> str:
    """What kept us from the database, or cut us off, as driver and server put it (one line, in English); "" for any
    other fault."""
    if not isinstance(error, OperationalError) or (error.statement is not None and not error.connection_invalidated):
        return ""
    return next(iter(str(error.orig).splitlines()), "") or type(error.orig).__name__


def _postgres(url: URL) -> Engine:
    waits = {} if "connect_timeout" in url.query else {"connect_timeout": _LONGEST_CONNECT_S}
    return create_engine(
        url, connect_args=waits, hide_parameters=True, pool_pre_ping=True, pool_size=10, max_overflow=20,
        pool_timeout=_LONGEST_QUEUE_S)


def _engine(url: str) -> Engine:
    """Raises SetupProblem for an address that is none of SQLite's or PostgreSQL's."""
    try:
        made = make_url(url)
    except ArgumentError as error:
        raise SetupProblem(_BAD_URL) from error
    if made.drivername in ("postgresql", "postgresql+psycopg"):
        return _postgres(made)
    if made.get_backend_name() != "sqlite":
        raise SetupProblem(_BAD_URL)
    # What a statement was given may be personal, and errors go to the log.
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": 15, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        # The driver's own BEGIN is deferred, so two writers could deadlock on the upgrade; see `_begin`.
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(
            "BEGIN IMMEDIATE" if connection.get_execution_options().get("write", True) else "BEGIN"
        )

    return engine
