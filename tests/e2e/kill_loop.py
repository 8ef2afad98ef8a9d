"""Kills the whole service at many moments of submissions, starts it again, and lets the clients try again.

`python -m tests.e2e.kill_loop [--rounds N] [--built HOME]` prints JSON: how many submissions were cut off at which
stage, and how many dossiers were lost or doubled. Each round several citizens press "Nộp hồ sơ" one after another; then
SIGKILL to the service (every other round to its engine as well). A client that gets no answer sends the same
`client_id` again, as the widget does.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sqlite3
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from common.settings import PROJECT_ROOT
from tests.e2e.citizen import BIRTH, Citizen
from tests.e2e.service import Service

__all__ = ["Report", "run"]

_TOGETHER = 5
# The moments of the kill lie all over this many turns, as long as turns last on this machine at this time.
_TURNS = 3.0
_PATIENCE_S = 180.0


@dataclass
class Report:
    """`answered`: had its receipt before the kill. `lost`, `doubled`, `gaps` and `differ` must be 0; `differ` counts
    clients whose repeated request got another answer than the first."""

    kills: int = 0
    with_engine: int = 0
    submissions: int = 0
    answered: int = 0
    cut_off: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    doubled: int = 0
    differ: int = 0
    gaps: int = 0
    slowest_recovery_s: float = 0.0


@dataclass
class _Client:
    """One citizen with a complete form, and the one request that submits it."""

    citizen: Citizen
    body: dict[str, Any]
    turn_s: float
    answer: dict[str, Any] | None = None

    @classmethod
    def ready(cls, service: Service) -> _Client:
        """Fills the form in on its page, which is quicker, and shows the review in the chat."""
        citizen = Citizen(service.url)
        citizen.begins_birth_form()
        [page] = {button["url"] for said in citizen.heard.messages for button in said.get("buttons", [])
                  if button["title"] == "Điền trên một trang"}
        typed = {f"a:{name}": text for name, text in BIRTH.items() if text != "bỏ qua"}
        httpx.post(page, data={**typed, "do": "review"}, timeout=60, trust_env=False)
        began = time.monotonic()
        turn = citizen.says("làm tiếp")
        assert turn.reviews, turn.text
        body = {"payload": citizen.payload("Nộp hồ sơ"), "client_id": str(uuid.uuid4())}
        return cls(citizen, body, time.monotonic() - began)

    def sends(self, delay: float = 0.0) -> None:
        time.sleep(delay)
        with contextlib.suppress(httpx.HTTPError):
            answer = self.citizen.post(self.body)
            if answer.status_code == 200:
                self.answer = answer.json()

    def tries_until_answered(self) -> float:
        """Sends the same again until it is answered; returns after how many seconds."""
        began = time.monotonic()
        while self.answer is None:
            assert time.monotonic() - began < _PATIENCE_S, "a client was never answered"
            self.sends()
            time.sleep(0.0 if self.answer else 0.5)
        return time.monotonic() - began

    @property
    def code(self) -> str:
        """The dossier that the answer names."""
        assert self.answer is not None
        return next((said["dossier"]["code"] for said in self.answer["messages"] if "dossier" in said), "")


def run(service: Service, rounds: int) -> Report:
    """`rounds` kills of a started service."""
    report = Report()
    for number in range(rounds):
        clients = [_Client.ready(service) for _ in range(_TOGETHER)]
        # They press one after another, and the kill comes at another moment each round.
        span = _TURNS * sum(client.turn_s for client in clients) / len(clients)
        step = span / 2 / _TOGETHER
        sending = [threading.Thread(target=client.sends, args=(step * place,)) for place, client in enumerate(clients)]
        for thread in sending:
            thread.start()
        time.sleep(span * (number + 1) / rounds)
        _kill(service, engine=number % 2 == 1)
        for thread in sending:
            thread.join(60)
        report.kills, report.with_engine = report.kills + 1, report.with_engine + number % 2
        for client in clients:
            _note(service, client, report)
        service.start()
        for client in clients:
            report.slowest_recovery_s = max(report.slowest_recovery_s, round(client.tries_until_answered(), 1))
            _check(service, client, report)
        report.gaps = _gaps(service)
        sys.stderr.write(f"{number + 1}/{rounds} {json.dumps(vars(report), ensure_ascii=False)}\n")
    return report


def _kill(service: Service, *, engine: bool) -> None:
    if engine:
        with contextlib.suppress(OSError, ValueError):
            os.killpg(service.engine_pid, signal.SIGKILL)
    service.kill()


def _note(service: Service, client: _Client, report: Report) -> None:
    """How far the submission had come when the service died."""
    report.submissions += 1
    if client.answer is not None:
        report.answered += 1
    elif _dossiers(service, client.citizen.id):
        report.cut_off["dossier made, no receipt sent"] += 1
    elif any(said == "Nộp hồ sơ" for said in _said(service, client.citizen.id)):
        report.cut_off["request stored, no dossier"] += 1
    else:
        report.cut_off["nothing stored"] += 1


def _check(service: Service, client: _Client, report: Report) -> None:
    made, first = _dossiers(service, client.citizen.id), client.answer
    report.lost += not made or client.code not in made
    report.doubled += len(made) > 1
    client.answer = None
    client.tries_until_answered()
    report.differ += client.answer != first and client.code != (made[0] if made else "")


def _dossiers(service: Service, conversation: str) -> list[str]:
    return [row[0] for row in _rows(service, "SELECT code FROM dossiers WHERE conversation_id = ?", conversation)]


def _said(service: Service, conversation: str) -> list[str]:
    query = "SELECT text FROM messages WHERE conversation_id = ? AND author = 'citizen'"
    return [row[0] for row in _rows(service, query, conversation)]


def _gaps(service: Service) -> int:
    """Numbers given on a day that no dossier bears."""
    codes = [row[0] for row in _rows(service, "SELECT code FROM dossiers")]
    given = sum(row[0] for row in _rows(service, "SELECT last FROM dossier_sequence"))
    return int(given) - len(set(codes))


def _rows(service: Service, query: str, *values: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(f"file:{service.home / 'isee.db'}?mode=ro", uri=True)) as database:
        return list(database.execute(query, values))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--built", type=Path, default=PROJECT_ROOT / "var", help="home that `make setup` filled")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder), chosen.built.resolve())
        try:
            service.start()
            report = run(service, chosen.rounds)
        finally:
            service.stop()
    sys.stdout.write(json.dumps(vars(report), ensure_ascii=False, indent=2) + "\n")
    sys.exit(1 if report.lost or report.doubled or report.differ or report.gaps else 0)


if __name__ == "__main__":
    main()
