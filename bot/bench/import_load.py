"""Citizens chat while ten thousand procedures are imported: their latency before and during.

    python -m bot.bench.import_load [--rows 10000] [--citizens 2]

The rows are the shipped facts under other codes and names: each is new and has to be stored, encoded and indexed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from bot.bench.measure import percentiles, questions_from
from bot.bench.processes import Running, service
from common.settings import PROJECT_ROOT, get_settings
from knowledge_base.catalogue import catalogue_facts
from knowledge_base.golden import load_golden

__all__ = ["rows"]


def rows(count: int) -> Iterator[dict[str, Any]]:
    """`count` catalogue rows that no installation has."""
    facts = list(catalogue_facts())
    for number in range(count):
        fact = facts[number % len(facts)]
        yield {
            "code": f"9.{number:06d}",
            "name": f"{fact['name']} (đợt {number // len(facts) + 1}, mục {number})",
            "field": str(fact.get("field") or "Khác"),
            "steps": "Bước 1: Nộp hồ sơ.\nBước 2: Nhận kết quả.",
            "time": [f"{number % 20 + 1} ngày làm việc"],
        }


class Streams:
    """Citizens who ask one question after the other, each in turn, until they are stopped."""

    def __init__(self, url: str, questions: Sequence[str], citizens: int) -> None:
        self._url, self._questions = url, questions
        self.samples: list[tuple[float, float]] = []
        self.failures = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(citizens)]

    @contextmanager
    def running(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()

    def between(self, begun: float, ended: float) -> list[float]:
        """Milliseconds of the turns that began in a span of `time.perf_counter()`."""
        return [took for at, took in self.samples if begun <= at < ended]

    def _ask(self, number: int) -> None:
        asked = questions_from(self._questions, 100_000, seed=number)
        with httpx.Client(base_url=self._url, timeout=60, trust_env=False) as client:
            path, headers = "", {}
            for turn, question in enumerate(asked):
                if self._stop.is_set():
                    return
                if turn % 20 == 0:
                    opened = client.post("/api/v1/conversations", json={}).json()
                    path = f"/api/v1/conversations/{opened['id']}/messages"
                    headers = {"Authorization": f"Bearer {opened['token']}"}
                begun = time.perf_counter()
                answer = client.post(path, json={"text": question}, headers=headers)
                self.samples.append((begun, (time.perf_counter() - begun) * 1000))
                self.failures += answer.status_code != 200


def _imported(running: Running, home: Path, file: Path) -> tuple[float, int]:
    """Runs `isee kb import` beside the service; seconds, and how many rows it took."""
    environment = {**os.environ, "ISEE_HOME": str(home), "ISEE_DATABASE_URL": ""}
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "kb", "import", str(file), "--json"], cwd=PROJECT_ROOT, env=environment,
        capture_output=True, text=True, check=True)
    return time.perf_counter() - begun, len(json.loads(done.stdout)["accepted"])


def _indexed(url: str, count: int, limit_s: float) -> bool:
    """Waits until the last imported procedure is found by its code."""
    until = time.perf_counter() + limit_s
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        while time.perf_counter() < until:
            hits = client.get("/api/v1/search", params={"q": f"9.{count - 1:06d}", "k": 1}).json()["hits"]
            if hits and hits[0]["code"] == f"9.{count - 1:06d}":
                return True
            time.sleep(1)
    return False


def run(
    count: Annotated[int, typer.Option("--rows", min=1, help="Rows of the import.")] = 10_000,
    citizens: Annotated[int, typer.Option(min=1, help="Citizens who ask at the same time.")] = 2,
    before_s: Annotated[float, typer.Option(min=1, help="Seconds of chatting before and after.")] = 60.0,
    limit_s: Annotated[float, typer.Option(min=1, help="Longest wait for the index after the import.")] = 400.0,
) -> None:
    """Prints latency before, during (import and indexing) and after, with the load of the machine."""
    settings = get_settings()
    questions = [golden.question for golden in load_golden()]
    with tempfile.TemporaryDirectory(prefix="isee-import-") as folder:
        home, file = Path(folder) / "home", Path(folder) / "rows.jsonl"
        file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows(count)), encoding="utf-8")
        # At the newest index: the service must not write into the one that it shares.
        with service(settings, home, {"ISEE_RASA_TIMEOUT_S": "20"}) as running:
            streams = Streams(running.url, questions, citizens)
            with streams.running():
                time.sleep(before_s / 3)  # caches warm before anything counts
                marks = [("before", time.perf_counter(), os.getloadavg()[0])]
                time.sleep(before_s)
                marks.append(("import", time.perf_counter(), os.getloadavg()[0]))
                import_s, accepted = _imported(running, home, file)
                marks.append(("indexing", time.perf_counter(), os.getloadavg()[0]))
                indexed = _indexed(running.url, count, limit_s)
                marks.append(("after", time.perf_counter(), os.getloadavg()[0]))
                time.sleep(before_s)
                marks.append(("end", time.perf_counter(), os.getloadavg()[0]))
    figures: dict[str, Any] = {
        name: {**percentiles(streams.between(begun, then)), "s": round(then - begun, 1), "load": round(load, 1)}
        for (name, begun, load), (_, then, _) in zip(marks, marks[1:], strict=False)
    }
    during = percentiles(streams.between(marks[1][1], marks[3][1]))
    calm = percentiles(streams.between(marks[0][1], marks[1][1]) + streams.between(marks[3][1], marks[4][1]))
    typer.echo(json.dumps({
        **figures, "accepted": accepted, "import_s": round(import_s, 1), "indexed": indexed,
        "failures": streams.failures,
        "p95_during": during["p95"], "p95_ratio": round(during["p95"] / figures["before"]["p95"], 2),
        "p95_ratio_to_before_and_after": round(during["p95"] / calm["p95"], 2)}))


if __name__ == "__main__":
    typer.run(run)
