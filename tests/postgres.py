"""A private PostgreSQL server for tests that need one: started at first use, gone when the tests end.

`python -m tests.postgres [pytest's words]` runs the tests that keep something in a database on such a server instead of
on SQLite files, and then says what the server complained of.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

from bot.engine_process import free_port

__all__ = [
    "database_url", "drop_database", "fresh_database", "has_database", "instead_of_sqlite", "named", "postgres_server",
    "sqlite_only",
]

_DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
# In memory, where there is room, a database is copied in a third of the time.
_MEMORY, _MEMORY_BYTES = Path("/dev/shm"), 8 << 30
# What a crash would lose is of no worth here; a worker's tests keep many engines open.
_OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=600")
_TESTED = ("tests/bot", "tests/actions", "tests/knowledge_base", "tests/common")
# Ordinary life: a test that provokes a refusal, or one that drops its database under a service's feet.
_EXPECTED = re.compile(
    "terminating (connection|autovacuum process) due to administrator command"
    '|database "[^"]*" (does not exist|already exists)')


def instead_of_sqlite() -> str:
    """The server whose databases stand in for SQLite files in this run (ISEE_TEST_POSTGRES); "" on an ordinary run."""
    return os.environ.get("ISEE_TEST_POSTGRES", "")


# For tests that look into SQLite's own file.
sqlite_only = pytest.mark.skipif(bool(instead_of_sqlite()), reason="this run is PostgreSQL's")


@cache
def postgres_server() -> str:
    """The SQLAlchemy URL of a server: ISEE_TEST_POSTGRES where set, else one of our own; "" where none is installed."""
    return instead_of_sqlite() or (_started()[0] if _programs() else "")


def database_url(kind: str, home: Path) -> str:
    """A new, empty database: "sqlite" in `home`, or "postgres"; skips the test where there is no such server."""
    if kind == "sqlite":
        if instead_of_sqlite():
            pytest.skip(sqlite_only.kwargs["reason"])
        return f"sqlite:///{home / 'isee.db'}"
    server = postgres_server()
    if not server:
        pytest.skip("PostgreSQL is not installed (tools/test-needs installs it where it may)")
    return fresh_database(server)


def fresh_database(server: str, name: str = "", template: str = "") -> str:
    """The URL of a new database on `server`, empty or a copy of `template`."""
    name = name or f"isee_{uuid.uuid4().hex[:16]}"
    _command(server, f"CREATE DATABASE {name}" + (f" TEMPLATE {template}{_strategy(server)}" if template else ""))
    return named(server, name)


@cache
def _strategy(server: str) -> str:
    """How a template is copied fastest: by its files, where no checkpoint waits for a disk (from PostgreSQL 15 on)."""
    fit = "current_setting('fsync') = 'off' AND current_setting('server_version_num')::int >= 150000"
    return " STRATEGY FILE_COPY" if _command(server, f"SELECT {fit}")[0][0] else ""


def has_database(server: str, name: str) -> bool:
    return bool(_command(server, f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))


def named(server: str, name: str) -> str:
    """The URL of the database `name` on `server`."""
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def drop_database(url: str) -> None:
    """Drops a database, whoever is still connected to it."""
    _command(postgres_server(), f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")


def _command(server: str, statement: str) -> list[Any]:
    engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        done = connection.execute(text(statement))
        return list(done) if done.returns_rows else []


def _programs() -> Path | None:
    program = shutil.which("initdb") or (str(_DEBIAN[-1] / "initdb") if _DEBIAN else "")
    return Path(program).resolve().parent if program else None


def _started() -> tuple[str, Path]:
    """A server of our own that stops with this process: its URL and its log."""
    programs = _programs()
    assert programs, "PostgreSQL is not installed (tools/test-needs installs it where it may)"
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _MEMORY_BYTES
    folder = Path(tempfile.mkdtemp(prefix="isee-postgres-", dir=_MEMORY if roomy else None))
    port = free_port(0)
    # PostgreSQL refuses to run as root; in a container the tests may well be.
    nobody = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
    if nobody:
        shutil.chown(folder, **nobody)
    data = folder / "data"
    options = f"-k {folder} -h 127.0.0.1 -p {port} " + " ".join(f"-c {option}" for option in _OPTIONS)

    def run(*command: str) -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd=folder, **nobody)

    def stop() -> None:
        run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)

    run(str(programs / "initdb"), "-D", str(data), "-U", "isee", "-A", "trust", "-E", "UTF8", "--no-sync")
    run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    atexit.register(stop)
    return f"postgresql+psycopg://isee@127.0.0.1:{port}/postgres", folder / "log"


def _complaints(log: str) -> Counter[str]:
    """Errors of the server's log and how often; without numbers and databases' names, so that equals count as one."""
    found = re.findall(r"(?:ERROR|FATAL|PANIC):  (.*)", log)
    told = [line for line in found if not _EXPECTED.search(line)]
    return Counter(re.sub(r"\bisee_[0-9a-f]{16}|\d+", "…", line) for line in told)


def main(words: list[str]) -> int:
    """Runs pytest with `words` (or all that keeps something in a database) on a server that this process starts."""
    # Ended from outside, it takes its server along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    server, log = _started()
    chosen = words or ["-q", "-n", "2", "--dist", "loadfile", *_TESTED]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *chosen], env={**os.environ, "ISEE_TEST_POSTGRES": server}, check=False)
    for complaint, number in _complaints(log.read_text(errors="replace")).most_common():
        print(f"[postgres] {number:5} x {complaint}")
    return ran.returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
