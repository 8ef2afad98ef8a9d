"""Two services over one database, and how long a publication takes until the other one answers with it.

    python -m bot.bench.replicas [--rounds 20] [--pause 6]
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from bot.bench.measure import percentiles
from bot.bench.processes import service
from common.database import Database
from common.settings import Settings, get_settings
from knowledge_base.model import Origin
from knowledge_base.store import KnowledgeBase

__all__ = ["publish_to_live"]

_CODE = "1.001193"
_LONGEST_S = 30.0
_POLL_S = 0.05
# Made-up words, so that nothing but the new text can be what matched.
_SYLLABLES = ("quỳnh", "trâm", "sương", "bạch", "đàn", "lụa", "ngà", "thông", "sim", "mai")


def publish_to_live(url: str, kb: KnowledgeBase, rounds: int, pause_s: float) -> dict[str, Sequence[float]]:
    """Milliseconds from the return of `publish` until another process shows the new text in its guide (`shown`) and
    finds the procedure by a phrasing that is new (`found`). Raises TimeoutError after half a minute."""
    shown, found = [], []
    original = kb.get(_CODE)
    assert original is not None
    with httpx.Client(base_url=url, timeout=20, trust_env=False) as client:
        for number in range(rounds):
            time.sleep(pause_s)
            words = [_SYLLABLES[(number + step) % len(_SYLLABLES)] for step in (0, 3, 7)]
            phrasing = f"giấy {' '.join(words)} số {number}"
            changed = original.guide.model_copy(update={"questions": [*original.guide.questions, phrasing]})
            version = kb.publish(changed, Origin.CURATED, author="bench", reason="bench").version
            begun = time.perf_counter()
            pending = {"shown", "found"}
            while pending:
                time.sleep(_POLL_S)
                if "shown" in pending and client.get(f"/api/v1/procedures/{_CODE}").json()["version"] == version:
                    shown.append((time.perf_counter() - begun) * 1000)
                    pending.discard("shown")
                if "found" in pending:
                    hits = client.get("/api/v1/search", params={"q": phrasing, "k": 1}).json()["hits"]
                    if hits and hits[0]["matched"] == phrasing:
                        found.append((time.perf_counter() - begun) * 1000)
                        pending.discard("found")
                if time.perf_counter() - begun > _LONGEST_S:
                    raise TimeoutError(f"{phrasing!r} was not live after {_LONGEST_S} s: {sorted(pending)}")
    return {"shown": shown, "found": found}


def run(
    rounds: Annotated[int, typer.Option(min=1, help="How many publications.")] = 20,
    pause_s: Annotated[float, typer.Option(
        "--pause", min=0, help="Seconds between two; in six the last one's index of words is ready.")] = 6.0,
) -> None:
    """Starts two services, publishes through a third process, and asks the second."""
    settings: Settings = get_settings()
    with tempfile.TemporaryDirectory(prefix="isee-replicas-") as folder:
        database = f"sqlite:///{Path(folder) / 'shared.db'}"
        extra = {"ISEE_DATABASE_URL": database, "ISEE_RASA_URL": "http://127.0.0.1:9"}
        with (
            service(settings, Path(folder) / "one", extra),
            service(settings, Path(folder) / "two", extra) as second,
        ):
            kb = KnowledgeBase(Database(database))
            made = publish_to_live(second.url, kb, rounds, pause_s)
    figures: dict[str, Any] = {
        name: {**percentiles(times), "max": round(max(times), 1)} for name, times in made.items()
    }
    typer.echo(json.dumps(figures))


if __name__ == "__main__":
    typer.run(run)
