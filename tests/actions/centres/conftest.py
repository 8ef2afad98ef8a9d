"""Rooms on a real SQLite file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.settings import Settings
from tests.actions.centres.rooms import Rooms, build_rooms
from tests.template import empty_database


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    settings = Settings(home=tmp_path, _env_file=None)
    database = empty_database(settings.home)
    yield build_rooms(settings, database)
    database.dispose()
