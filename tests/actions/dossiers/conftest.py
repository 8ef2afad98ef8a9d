"""A dossier room on a real SQLite file, and citizens who fill in forms."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from actions.companion.bundle import Dossiers, build_dossiers
from actions.companion.dialogue import build_actions
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings
from tests.actions.dossiers.citizen import Citizen


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, _env_file=None)


@pytest.fixture
def keyring(home: Settings) -> Keyring:
    return Keyring.from_settings(home)


@pytest.fixture
def room(home: Settings, database: Database, keyring: Keyring) -> Dossiers:
    return build_dossiers(home, database, keyring)


@pytest.fixture
def citizen(home: Settings, room: Dossiers) -> Citizen:
    services = SimpleNamespace(
        settings=home, kb={}, dossiers=room)
    return Citizen(room, build_actions(services))
