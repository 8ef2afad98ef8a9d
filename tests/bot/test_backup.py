"""`isee backup` and `isee restore`: what comes back, and archives that don't fit the database in use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli import backup as command
from common.errors import Conflict, InvalidInput
from common.keyring import Keyring
from common.settings import Settings
from tests.postgres import sqlite_only
from tests.template import empty_database

Use = Callable[[Settings], Settings]
POSTGRES = "postgresql+psycopg://isee@db/isee"


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    def chosen(settings: Settings) -> Settings:
        monkeypatch.setattr(command, "get_settings", lambda: settings)
        return settings

    return chosen


def filled(home: Path, **values: str) -> Settings:
    settings = Settings(home=home, _env_file=None, **values)
    Keyring.from_settings(settings)
    (home / "uploads").mkdir()
    (home / "uploads" / "a").write_bytes(b"sealed")
    return settings


@sqlite_only
def test_everything_comes_back(tmp_path: Path, use: Use) -> None:
    settings = use(filled(tmp_path / "home"))
    empty_database(settings.home).dispose()
    archive = tmp_path / "isee.tar.gz"
    command.backup(archive)
    assert archive.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Conflict, match="--force"):
        command.restore(archive)
    fresh = use(Settings(home=tmp_path / "fresh", _env_file=None))
    command.restore(archive)
    for name in ("isee.db", "uploads/a", "secrets/master.key"):
        assert (fresh.home / name).exists()
    assert (fresh.home / "secrets/master.key").read_bytes() == (settings.home / "secrets/master.key").read_bytes()
    use(Settings(home=tmp_path / "third", database_url=POSTGRES, _env_file=None))
    with pytest.raises(Conflict, match="SQLite"):
        command.restore(archive)
    assert not (tmp_path / "third" / "secrets").exists()


@sqlite_only
def test_files_without_their_database_replace_none(tmp_path: Path, use: Use) -> None:
    use(filled(tmp_path / "home", database_url=POSTGRES))
    archive = tmp_path / "files.tar.gz"
    command.backup(archive)
    settings = use(filled(tmp_path / "other"))
    key = Keyring.from_settings(settings).engine_secret()
    with pytest.raises(Conflict, match="PostgreSQL"):
        command.restore(archive, force=True)
    assert Keyring.from_settings(settings).engine_secret() == key
    with pytest.raises(InvalidInput):
        command.restore(settings.home / "uploads" / "a", force=True)
