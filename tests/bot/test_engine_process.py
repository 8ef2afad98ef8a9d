"""Supervision of the engine without the engine: nothing trained, a start that fails, a port that is taken."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from bot.engine_process import EngineProcess, free_port
from bot.engine_trackers import TrackerStore
from common.settings import Settings
from tests.postgres import sqlite_only


def supervised(home: Path, **settings: str) -> EngineProcess:
    chosen = Settings(home=home, **settings)  # type: ignore[arg-type]
    return EngineProcess(chosen, TrackerStore(chosen), on_up=lambda: None)


async def test_without_a_trained_model_it_waits_and_says_so(tmp_path: Path) -> None:
    process = supervised(tmp_path, rasa_url="")
    process.start()
    for _ in range(100):
        if process.state == "no_model":
            break
        await asyncio.sleep(0.02)
    assert process.state == "no_model" and process.pid is None
    await process.stop()


async def test_an_engine_run_elsewhere_is_left_alone(tmp_path: Path) -> None:
    process = supervised(tmp_path, rasa_url="http://10.0.0.5:5005/")
    process.start()
    assert process.state == "external" and process.base_url == "http://10.0.0.5:5005"
    await process.stop()


def test_a_taken_port_is_replaced() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port
    assert free_port(0) > 0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("postgresql+psycopg://u:p%40ss@db:5433/isee", "postgresql://u:p%40ss@db:5433/isee"),
        pytest.param("", "sqlite:///{home}/rasa-tracker.db", marks=sqlite_only),
    ],
)
def test_rasa_is_told_a_tracker_address_that_its_driver_knows(tmp_path: Path, given: str, told: str) -> None:
    trackers = TrackerStore(Settings(home=tmp_path, database_url=given))
    assert trackers.environment()["ISEE_TRACKER_URL"] == told.format(home=tmp_path)


def test_erasing_a_conversation_erases_its_events_in_rasas_store(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url="")
    trackers = TrackerStore(settings)
    trackers.erase("a")
    own_file = settings.database_url.startswith("sqlite")
    store = create_engine(f"sqlite:///{tmp_path / 'rasa-tracker.db'}" if own_file else settings.database_url)
    with store.begin() as connection:
        connection.execute(text("CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id TEXT)"))
        connection.execute(text("INSERT INTO events VALUES (1, 'a'), (2, 'b')"))
    trackers.erase("a")
    with store.begin() as connection:
        assert connection.execute(text("SELECT sender_id FROM events")).scalars().all() == ["b"]
    store.dispose()
    trackers.dispose()
