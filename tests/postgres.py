"""A private PostgreSQL server for tests that need one: started at first use, gone when the tests end."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
import uuid
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from bot.engine_process import free_port

__all__ = ["database_url", "fresh_database", "postgres_server"]

_DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@cache
def postgres_server() -> str:
    """The SQLAlchemy URL of a server: ISEE_TEST_POSTGRES where set, else one of our own; "" where none is installed."""
    given = os.environ.get("ISEE_TEST_POSTGRES", "")
    program = shutil.which("initdb") or (str(_DEBIAN[-1] / "initdb") if _DEBIAN else "")
    return given or (_started(Path(program).resolve().parent) if program else "")


def database_url(kind: str, home: Path) -> str:
    """A new, empty database: "sqlite" in `home`, or "postgres"; skips the test where there is no such server."""
    if kind == "sqlite":
        return f"sqlite:///{home / 'isee.db'}"
    server = postgres_server()
    if not server:
        pytest.skip("PostgreSQL is not installed (tools/test-needs installs it where it may)")
    return fresh_database(server)


def fresh_database(server: str) -> str:
    """The URL of a new, empty database on `server`."""
    name = f"isee_{uuid.uuid4().hex[:12]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _started(programs: Path) -> str:
    folder = Path(tempfile.mkdtemp(prefix="isee-postgres-"))
    port = free_port(0)
    # PostgreSQL refuses to run as root; in a container the tests may well be.
    nobody = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
    if nobody:
        shutil.chown(folder, **nobody)
    data, options = folder / "data", f"-k {folder} -h 127.0.0.1 -p {port} -c fsync=off -c max_connections=300"

    def run(*command: str) -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd=folder, **nobody)

    def stop() -> None:
        run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)

    run(str(programs / "initdb"), "-D", str(data), "-U", "isee", "-A", "trust", "-E", "UTF8", "--no-sync")
    run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    atexit.register(stop)
    return f"postgresql+psycopg://isee@127.0.0.1:{port}/postgres"
