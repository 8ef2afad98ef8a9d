import json
import sqlite3
from pathlib import Path

from bot.engine_trackers import TrackerStore
from common.settings import Settings
from tests.postgres import sqlite_only

# As Rasa 3.6's SQLTrackerStore makes it.
EVENTS = """CREATE TABLE events (id INTEGER NOT NULL PRIMARY KEY, sender_id VARCHAR(255) NOT NULL,
type_name VARCHAR(255) NOT NULL, timestamp FLOAT, intent_name VARCHAR(255), action_name VARCHAR(255), data TEXT)"""


@sqlite_only
def test_slots_are_set_as_an_action_sets_them(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "rasa-tracker.db") as database:
        database.execute(EVENTS)
    store = TrackerStore(Settings(home=tmp_path, database_url=""))
    store.set_slots("talk", {"procedure": None, "candidates": ["1.000001"]})
    with sqlite3.connect(tmp_path / "rasa-tracker.db") as database:
        rows = database.execute("SELECT sender_id, type_name, data FROM events ORDER BY id").fetchall()
    assert [(sender, kind) for sender, kind, _ in rows] == [("talk", "slot")] * 2
    second = json.loads(rows[1][2])
    assert (second["event"], second["name"], second["value"]) == ("slot", "candidates", ["1.000001"])
    store.erase("talk")
    with sqlite3.connect(tmp_path / "rasa-tracker.db") as database:
        assert database.execute("SELECT count(*) FROM events").fetchone() == (0,)
    store.dispose()
