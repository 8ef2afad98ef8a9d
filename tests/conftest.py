"""Fixtures that start or open something once for the whole run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.database import Database
from common.settings import Settings


@pytest.fixture(scope="session")
def built_home() -> Path:
    """The home folder that `make setup` filled; models in it are only read."""
    home = Settings().home
    if not (home / "models" / "encoder" / "manifest.json").exists():
        pytest.fail(f"{home} holds no built models: run `make setup` first")
    return home


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database with every imported room's tables."""
    database = Database(f"sqlite:///{tmp_path / 'isee.db'}")
    database.create_all()
    yield database
    database.dispose()
