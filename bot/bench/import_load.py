"""Citizens chat while ten thousand procedures are imported: their latency while it goes on and in between.

    python -m bot.bench.import_load [--rows 10000] [--parts 5] [--citizens 2]

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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from bot.bench.measure import percentiles, questions_from
from bot.bench.processes import service
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


def _imported(home: Path, file: Path) -> None:
    """Runs `isee kb import` beside the service."""
    environment = {**os.environ, "ISEE_HOME": str(home), "ISEE_DATABASE_URL": ""}
    subprocess.run(
        [sys.executable, "-m", "bot.cli", "kb", "import", str(file), "--json"], cwd=PROJECT_ROOT, env=environment,
        capture_output=True, check=True)


def _indexed(url: str, code: str, limit_s: float) -> None:
    """Waits until an imported procedure is found by its code. Raises TimeoutError."""
    until = time.perf_counter() + limit_s
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        while time.perf_counter() < until:
            hits = client.get("/api/v1/search", params={"q": code, "k": 1}).json()["hits"]
            if hits and hits[0]["code"] == code:
                return
            time.sleep(1)
    raise TimeoutError(f"{code} was not indexed after {limit_s} s")


def run(
    count: Annotated[int, typer.Option("--rows", min=1, help="Rows imported in all.")] = 10_000,
    parts: Annotated[int, typer.Option(min=1, help="Imports that they come in, with a calm span before each.")] = 5,
    citizens: Annotated[int, typer.Option(min=1, help="Citizens who ask at the same time.")] = 2,
    calm_s: Annotated[float, typer.Option(min=1, help="Seconds of each calm span.")] = 40.0,
    limit_s: Annotated[float, typer.Option(min=1, help="Longest wait for the index after an import.")] = 1200.0,
) -> None:
    """Prints the latency of calm spans and of spans with an import, taken in turn, so that what else goes on on the
    machine weighs on both; after each part, and at the end. A span counts until all that was imported is indexed.
    """
    questions = [golden.question for golden in load_golden()]
    spans: list[tuple[str, float, float, float]] = []
    with tempfile.TemporaryDirectory(prefix="isee-import-") as folder:
        home = Path(folder) / "home"
        files = list(_files(Path(folder), count, parts))
        with service(get_settings(), home, {"ISEE_RASA_TIMEOUT_S": "20"}) as running:
            streams = Streams(running.url, questions, citizens)
            with streams.running():
                time.sleep(calm_s / 2)  # caches warm before anything counts
                for file, last in files:
                    spans.append(_span("calm", partial(time.sleep, calm_s)))
                    spans.append(_span("import", partial(_imported, home, file)))
                    spans.append(_span("indexing", partial(_indexed, running.url, last, limit_s)))
                    typer.echo(json.dumps(_figures(streams, spans)))
                spans.append(_span("calm", partial(time.sleep, calm_s)))
    typer.echo(json.dumps(_figures(streams, spans)))


def _files(folder: Path, count: int, parts: int) -> Iterator[tuple[Path, str]]:
    """The import files, each with the code of its last row."""
    made = list(rows(count))
    size = -(-count // parts)
    for part in range(0, count, size):
        file = folder / f"rows-{part}.jsonl"
        lines = [json.dumps(row, ensure_ascii=False) for row in made[part : part + size]]
        file.write_text("\n".join(lines), encoding="utf-8")
        yield file, made[part : part + size][-1]["code"]


def _span(kind: str, work: Callable[[], object]) -> tuple[str, float, float, float]:
    """What goes on, from when to when, and the machine's load average at its end."""
    begun = time.perf_counter()
    work()
    return kind, begun, time.perf_counter(), os.getloadavg()[0]


def _figures(streams: Streams, spans: Sequence[tuple[str, float, float, float]]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name, kinds in (("calm", ("calm",)), ("importing", ("import", "indexing"))):
        mine = [span for span in spans if span[0] in kinds]
        took = [sample for _, begun, ended, _ in mine for sample in streams.between(begun, ended)]
        figures[name] = {
            **percentiles(took), "s": round(sum(ended - begun for _, begun, ended, _ in mine)),
            "load": [round(load, 1) for *_, load in mine]}
    ratio = figures["importing"]["p95"] / figures["calm"]["p95"]
    return {**figures, "p95_ratio": round(ratio, 2), "failures": streams.failures}


if __name__ == "__main__":
    typer.run(run)
