"""Where Rasa keeps its events, and how a conversation's events are erased from there."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url

from common.database import fold
from common.settings import Settings

__all__ = ["TrackerStore"]


class TrackerStore:
    """Rasa's SQL tracker store: its own SQLite file in the home folder, or the service's PostgreSQL database."""

    def __init__(self, settings: Settings) -> None:
        url = make_url(settings.database_url)
        local = url.get_backend_name() == "sqlite"
        self._file = settings.home / "rasa-tracker.db"
        self._url = make_url(f"sqlite:///{self._file}") if local else url
        waits = {"timeout": 15} if local else {"connect_timeout": 10, **self._url.query}
        self._engine = create_engine(self._url, connect_args=waits, pool_pre_ping=True)

    def environment(self) -> dict[str, str]:
        """What endpoints.yml reads: the whole URL, with the driver that Rasa's environment has."""
        url = self._url.set(drivername=self._url.get_backend_name())
        return {"ISEE_TRACKER_URL": url.render_as_string(hide_password=False)}

    def erase(self, conversation_id: str) -> None:
        """Deletes the conversation's events; nothing to do where Rasa has not made its table yet."""
        if self._url.get_backend_name() == "sqlite" and not self._file.exists():
            return
        with self._engine.begin() as connection:
            if inspect(connection).has_table("events"):
                if self._url.get_backend_name() == "sqlite":
                    connection.exec_driver_sql("PRAGMA secure_delete=ON")
                connection.execute(text("DELETE FROM events WHERE sender_id = :sender"), {"sender": conversation_id})
        # Rasa's own log would keep the old pages until it is next emptied.
        fold(self._engine)

    def set_slots(self, conversation_id: str, slots: Mapping[str, Any]) -> None:
        """Adds slot events, as an action's would be: the next turn finds the conversation in that state.

        For a conversation that Rasa has already answered once; an evaluation puts it into a recorded state so.
        """
        with self._engine.begin() as connection:
            for name, value in slots.items():
                now = time.time()
                event = {"event": "slot", "timestamp": now, "name": name, "value": value}
                connection.execute(
                    text(
                        "INSERT INTO events (sender_id, type_name, timestamp, data)"
                        " VALUES (:sender, 'slot', :now, :data)"
                    ),
                    {"sender": conversation_id, "now": now, "data": json.dumps(event)},
                )

    def dispose(self) -> None:
        self._engine.dispose()
