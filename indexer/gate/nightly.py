"""Runs every golden question once a day, slowly, so that quality has a curve."""

from __future__ import annotations

import threading
import time

import structlog

from common.clock import local_date
from common.errors import NotReady
from indexer.gate.gate import PublishGate

__all__ = ["Nightly"]

_LOOK_EVERY_S = 600.0
# A service that has just started has other things to do, and one that is started for a test never gets here.
_SETTLED_AFTER_S = 1200.0
_REST = 3.0
_log = structlog.get_logger(__name__)


class Nightly:
    """One thread. Replicas that start a run at the same time do the work twice, and write the same result."""

    def __init__(
        self, gate: PublishGate, look_every_s: float = _LOOK_EVERY_S, settled_after_s: float = _SETTLED_AFTER_S
    ) -> None:
        self._gate, self._every_s, self._settled_s = gate, look_every_s, settled_after_s
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="golden-nightly", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        if self._stop.wait(self._settled_s):
            return
        while True:
            try:
                self.run_if_due()
            except NotReady:
                pass
            except Exception as error:  # a failed day must not end the days after it
                _log.warning("golden_run_failed", error=str(error))
            if self._stop.wait(self._every_s):
                return

    def run_if_due(self) -> bool:
        """Runs where today has no run yet; says whether it did."""
        if self._gate.golden.last_run() == local_date():
            return False
        started = time.perf_counter()
        day = self._gate.run_all(_REST, self._stop)
        if day:
            _log.info(
                "golden_run", passed=day.passed, failed=day.failed, seconds=round(time.perf_counter() - started))
        return day is not None
