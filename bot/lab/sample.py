"""The questions that thresholds are tried on, weighed once in the background and kept until the index changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.inbox.history import Month
from bot.lab.moving import Weighed
from common.clock import utc_now
from common.database import Database
from indexer.gate import PublishGate
from indexer.search import SearchService

__all__ = ["Sample", "Sampled"]

_DAYS = 30
_MOST_ASKED = 500
_KEPT = timedelta(hours=1)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Sampled:
    """`golden`: questions whose right guide is known. `asked`: what citizens asked in the last month, the newest first.
    While it is being weighed, `done` is less than `total`.
    """

    golden: list[Weighed] = field(default_factory=list)
    asked: list[Weighed] = field(default_factory=list)
    done: int = 0
    total: int = 0
    failed: bool = False

    @property
    def ready(self) -> bool:
        return self.done >= self.total > 0


class Sample:
    """One sample a process. `get` never waits: it says how far the work is."""

    def __init__(
        self, database: Database, search: SearchService, gate: PublishGate, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._month, self._search, self._gate, self._now = Month(database), search, gate, now
        self._lock = threading.Lock()
        self._state = Sampled()
        self._made: tuple[int, datetime] | None = None
        self._worker: threading.Thread | None = None

    def get(self) -> Sampled:
        """What is weighed so far; starts the work where nothing is, or where it is out of date. Raises NotReady."""
        revision = self._search.snapshot.revision
        with self._lock:
            fresh = self._made and self._made[0] == revision and self._now() - self._made[1] < _KEPT
            if not fresh and not (self._worker and self._worker.is_alive()):
                self._made = (revision, self._now())
                self._state = Sampled(total=0)
                self._worker = threading.Thread(target=self._work, name="lab-sample", daemon=True)
                self._worker.start()
            return self._state

    def wait(self, seconds: float) -> Sampled:
        """The same after at most `seconds` of waiting for it to be whole."""
        self.get()
        if self._worker:
            self._worker.join(seconds)
        return self._state

    def _work(self) -> None:
        try:
            golden = [kept for kept in self._gate.golden.all() if kept.golden.expected != "other"]
            asked = self._month.since(self._now() - timedelta(days=_DAYS))[:_MOST_ASKED]
            total = len(golden) + len(asked)
            state = Sampled(total=total)
            jobs: list[tuple[str, str | None, int]] = [(kept.golden.question, kept.code, 1) for kept in golden]
            jobs += [(known.question, known.wanted, known.count) for known in asked]
            for place, weighed in enumerate(self._weighed(jobs)):
                (state.golden if place < len(golden) else state.asked).append(weighed)
                state = Sampled(state.golden, state.asked, place + 1, total)
                self._state = state
            if not jobs:
                self._state = Sampled(done=1, total=1)
        except Exception as error:
            _log.warning("lab_sample_failed", error=str(error))
            self._state, self._made = Sampled(failed=True), None

    def _weighed(self, jobs: list[tuple[str, str | None, int]]) -> Iterator[Weighed]:
        snapshot = self._search.snapshot
        for question, wanted, count in jobs:
            examined = self._search.examine(question, snapshot)
            first = examined.codes[0] if examined.codes else ""
            correct: bool | None = None
            if wanted is not None and wanted in snapshot.facts:
                correct = bool(first) and snapshot.facts[first].family == snapshot.facts[wanted].family
            verdict = examined.verdict
            name = snapshot.facts[first].name if first else ""
            yield Weighed(question, verdict.right, verdict.in_domain, correct, count, name)
