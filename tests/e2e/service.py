"""One real service in a process of its own: `isee serve` on private ports over a home folder of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from bot.engine_process import free_port
from common.settings import PROJECT_ROOT
from tests.template import url_of

__all__ = ["ALL_UP", "Service"]

ALL_UP = {"database": "up", "index": "up", "engine": "up"}
# A cold start on a busy two-core machine; usually it takes about twenty seconds.
_START_S = 240.0
_LOG_CHARS = 3000


class Service:
    """Starts, kills and restarts the service; everything it keeps lies in `home`.

    Args:
        home: an empty folder. Models are linked and the index is copied from `built`, so nothing is built here.
        built: the home that `make setup` filled.
        settings: further `ISEE_…` variables of this service.
    """

    def __init__(self, home: Path, built: Path, settings: Mapping[str, str] | None = None) -> None:
        self.home = home
        self._settings = dict(settings or {})
        (home / "models").symlink_to(built / "models")
        shutil.copytree(built / "index", home / "index")
        self.port = free_port(0)
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home / "service.log"
        self._rasa_port = free_port(0)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The settings of this service alone: none of the caller's `ISEE_…` variables leaks in."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ISEE_")}
        return inherited | {
            "ISEE_HOME": str(self.home),
            "ISEE_DATABASE_URL": url_of(self.home / "isee.db"),
            "ISEE_PORT": str(self.port),
            "ISEE_RASA_PORT": str(self._rasa_port),
            "ISEE_RASA_TIMEOUT_S": "20",
            "ISEE_MESSAGES_PER_MINUTE": "1000",
            "ISEE_CONVERSATIONS_PER_MINUTE": "1000",
            "ISEE_ADDRESS_MESSAGES_PER_MINUTE": "100000",
            "ISEE_REQUESTS_PER_MINUTE": "100000",
            "ISEE_QUIET_HOURS": "",  # notices come at once, whatever the hour of the test
            **self._settings,
        }

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def engine_pid(self) -> int:
        """The process id of the Rasa child."""
        return int((self.home / "rasa.pid").read_text())

    def start(self) -> None:
        """Starts and waits until database, index and engine are up. Fails with the end of the log."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot.cli", "serve"],
                cwd=PROJECT_ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.wait(lambda: ALL_UP.items() <= self.parts().items(), "the service to be ready")

    def stop(self) -> None:
        """Ends the service as Ctrl+C does, and makes sure that its engine is gone too."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(30)
        finally:
            if self.running:
                self.kill()
            self._end_engine()

    def kill(self) -> None:
        """SIGKILL to the service alone, as a power cut or the out-of-memory killer would do."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def kill_engine(self) -> None:
        os.kill(self.engine_pid, signal.SIGKILL)

    def parts(self) -> dict[str, str]:
        """Part of the service → its state, as `/healthz/ready` tells it; empty while nobody answers."""
        with contextlib.suppress(httpx.HTTPError):
            answer = httpx.get(f"{self.url}/healthz/ready", timeout=10, trust_env=False)
            # A service that is just opening its doors may say no more than that it is busy.
            parts: dict[str, str] = answer.json().get("parts", {})
            return parts
        return {}

    def wait(self, reached: Callable[[], bool], what: str, seconds: float = _START_S) -> None:
        """Waits for `reached`; fails with the end of the log when the service ends or time runs out."""
        until = time.monotonic() + seconds
        while not reached():
            assert self.running, f"The service ended while waiting for {what}.\n{self.log_tail()}"
            assert time.monotonic() < until, f"Waited {seconds:.0f} s for {what}.\n{self.log_tail()}"
            time.sleep(0.2)

    def log_tail(self) -> str:
        """The end of the service's log and of the engine's."""
        logs = [self.log, self.home / "logs" / "rasa.log"]
        return "\n".join(
            f"--- {path.name}\n{path.read_text(encoding='utf-8', errors='replace')[-_LOG_CHARS:]}"
            for path in logs
            if path.exists()
        )

    def isee(self, *arguments: str) -> str:
        """What `isee …` prints on this home. Fails with its output when it ends with an error."""
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", *arguments],
            cwd=PROJECT_ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"isee {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def get(self, path: str, address: str = "127.0.0.1", **params: Any) -> httpx.Response:
        """GET without a token, seen by the service as coming from `address` (limits count by address)."""
        with httpx.Client(transport=httpx.HTTPTransport(local_address=address), base_url=self.url) as client:
            return client.get(path, params=params, timeout=30)

    def _end_engine(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            command = Path(f"/proc/{self.engine_pid}/cmdline").read_bytes()
            if b"rasa" in command and str(self.home).encode() in command:
                os.killpg(self.engine_pid, signal.SIGKILL)
