"""Figures of the registry: submissions a second, and whether time tells a known code from an unknown one.

`python -m tests.actions.dossiers.registry.measure` prints JSON; PostgreSQL too where it is installed.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import delete

from actions.companion.bundle import Dossiers
from actions.dossiers.tables import LookupAttemptRow
from common.database import Database
from common.errors import NotFound, TooManyRequests
from common.settings import Settings
from tests.actions.dossiers.registry.support import open_room, ready_drafts, settings_on
from tests.postgres import postgres_server

CITIZENS, TRIES = 200, 200
UNKNOWN = "H49-260101-9999"


def per_second(room: Dossiers, drafts: list[str]) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(len(drafts)) as pool:
        list(pool.map(room.submissions.submit, drafts))
    return len(drafts) / (time.perf_counter() - began)


def tracking_ms(room: Dossiers, database: Database, code: str) -> dict[str, dict[str, float]]:
    """Median and middle half of the time to refuse, in ms, the four cases in turn so that drift hits all alike."""
    cases = {
        "wrong PIN": (code, "9999", False), "unknown code": (UNKNOWN, "9999", False),
        "stopped, right PIN": (code, "1234", True), "stopped, unknown code": (UNKNOWN, "1234", True),
    }
    took: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(TRIES):
        for name, (asked, pin, stopped) in cases.items():
            with database.session() as session:
                session.execute(delete(LookupAttemptRow))
            for _ in range(5 if stopped else 0):
                _refused(room, asked, "9999")
            began = time.perf_counter()
            _refused(room, asked, pin)
            took[name].append((time.perf_counter() - began) * 1000)
    return {name: _spread(times) for name, times in took.items()}


def _refused(room: Dossiers, code: str, pin: str) -> None:
    try:
        room.registry.track(code, pin, "measured")
    except (NotFound, TooManyRequests):
        return
    raise AssertionError("the PIN of the measurement was right")


def _spread(times: list[float]) -> dict[str, float]:
    low, middle, high = statistics.quantiles(times, n=4)
    return {"median": round(middle, 3), "from": round(low, 3), "to": round(high, 3)}


def measured(settings: Settings) -> dict[str, object]:
    room, database = open_room(settings)
    drafts = ready_drafts(room, database, CITIZENS)
    speed = per_second(room, drafts)
    code = room.submissions.submit(drafts[0]).code
    found = {"submissions_per_second": round(speed, 1), "tracking_ms": tracking_ms(room, database, code)}
    database.dispose()
    return found


if __name__ == "__main__":
    kinds = ["sqlite", *(["postgres"] if postgres_server() else [])]
    with tempfile.TemporaryDirectory() as folder:
        results = {kind: measured(settings_on(kind, Path(folder) / kind)) for kind in kinds}
    sys.stdout.write(json.dumps(results, indent=2) + "\n")
