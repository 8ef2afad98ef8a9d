"""Fixtures that start or open something once for the whole run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from common.database import Database
from common.settings import Settings

# A busy machine is no fault of the code: how long something takes is measured by benches, never asserted.
settings.register_profile("isee", deadline=None)
settings.load_profile("isee")


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
