"""Fixtures that start or open something once for the whole run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import httpx._transports.default as httpx_transport
import pytest
import structlog
from argon2 import PasswordHasher
from hypothesis import settings

from bot.access import passwords
from common.database import Database
from common.settings import Settings
from tests.postgres import instead_of_sqlite
from tests.template import drop_databases, empty_database, use_postgres

# A busy machine is no fault of the code: how long something takes is measured by benches, never asserted.
settings.register_profile("isee", deadline=None)
settings.load_profile("isee")

# What costs only time here: httpx reads all the world's certificates for each client that is made (20 ms), though tests
# speak plain HTTP to this machine; a password's hash is slow on purpose (180 ms), which guards nothing in a test; and
# structlog's default draws each traceback with all variables (seconds), where the service writes it as plain text.
httpx_transport.create_ssl_context = cache(httpx_transport.create_ssl_context)
structlog.configure(processors=[
    *structlog.get_config()["processors"][:-1],
    structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)])
passwords.PasswordHasher = partial(PasswordHasher, time_cost=1, memory_cost=64, parallelism=1)  # type: ignore[misc]

if instead_of_sqlite():
    use_postgres()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL: a test without a folder has no database, so it would say what it says anyway."""
    if not instead_of_sqlite():
        return
    kept = [item for item in items
            if "tmp_path_factory" in item.fixturenames or hasattr(item.module, "tempfile")]  # type: ignore[attr-defined]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


@pytest.fixture(autouse=bool(instead_of_sqlite()))
def _databases_dropped(request: pytest.FixtureRequest) -> Iterator[None]:
    """On PostgreSQL: a test's databases go with it, as its files do."""
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    if folder:
        drop_databases(folder)


@pytest.fixture(scope="session")
def built_home() -> Path:
    """The home folder that `make setup` filled; models in it are only read."""
    home = Settings().home
    if not (home / "models" / "encoder" / "manifest.json").exists():
        pytest.fail(f"{home} holds no built models: run `make setup` first")
    return home


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty database with every table."""
    database = empty_database(tmp_path)
    yield database
    database.dispose()
