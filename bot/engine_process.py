"""Starts the Rasa engine (Python 3.10, loopback only), watches it, restarts it, stops it with the service."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

import httpx
import structlog

from bot.engine_trackers import TrackerStore
from bot.gateway.metrics import ENGINE_UP
from bot.rasa_model import engine_environment, model_path, rasa_command
from common.errors import SetupProblem
from common.settings import PROJECT_ROOT, Settings

__all__ = ["EngineProcess", "EngineState"]

EngineState = Literal["off", "starting", "up", "down", "no_model", "external"]

_START_S = 180.0
_LOOK_EVERY_S = 0.4
_WATCH_EVERY_S = 10.0
_SILENT_CHECKS = 6
_LONGEST_PAUSE_S = 30.0
_STEADY_S = 60.0
_LOG_BYTES = 20_000_000
_log = structlog.get_logger(__name__)


class EngineProcess:
    """The engine as a child process. With `settings.rasa_url` set it only reports that address.

    Args:
        on_up: called whenever the engine has become able to answer.
    """

    def __init__(self, settings: Settings, trackers: TrackerStore, on_up: Callable[[], None]) -> None:
        self._settings, self._trackers, self._on_up = settings, trackers, on_up
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._port = settings.rasa_port
        self._pid_file = settings.home / "rasa.pid"
        self.state: EngineState = "external" if settings.rasa_url else "off"

    @property
    def base_url(self) -> str:
        """Where the engine listens now."""
        return self._settings.rasa_base_url if self._settings.rasa_url else f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    def start(self) -> None:
        """Begins to supervise; returns at once."""
        if self.state == "off":
            self._task = asyncio.create_task(self._supervise(), name="rasa-supervisor")

    async def stop(self) -> None:
        """Ends the engine and its supervision."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._end()

    async def _supervise(self) -> None:
        await asyncio.to_thread(self._end_orphan)
        pause = 1.0
        while True:
            if not model_path(self._settings).exists():
                self._enter("no_model", hint="isee train")
                await asyncio.sleep(5)
                continue
            born = time.monotonic()
            await self._run_once()
            self._enter("down")
            pause = 1.0 if time.monotonic() - born > _STEADY_S else min(pause * 2, _LONGEST_PAUSE_S)
            _log.warning("engine_restart", pause_s=pause, log=str(self._log_file))
            await asyncio.sleep(pause)

    async def _run_once(self) -> None:
        """One life of the engine, until it exits or falls silent."""
        self._port = free_port(self._port)
        self._enter("starting", port=self._port)
        try:
            self._process = await self._spawn()
        except (OSError, SetupProblem) as error:
            _log.error("engine_not_started", error=str(error), hint="make setup")
            return
        self._pid_file.write_text(str(self._process.pid))
        try:
            async with httpx.AsyncClient(base_url=self.base_url, timeout=5.0, trust_env=False) as client:
                if await self._answers(client):
                    self._enter("up", port=self._port, pid=self._process.pid)
                    self._on_up()
                    await self._watch(client)
                else:
                    _log.warning("engine_did_not_start", code=self._process.returncode)
        finally:
            await self._end()

    async def _answers(self, client: httpx.AsyncClient) -> bool:
        give_up = time.monotonic() + _START_S
        while time.monotonic() < give_up and self.pid is not None:
            if await _healthy(client):
                return True
            await asyncio.sleep(_LOOK_EVERY_S)
        return False

    async def _watch(self, client: httpx.AsyncClient) -> None:
        """Returns when the process has exited, has not answered for a minute, or a newly trained model is there."""
        assert self._process is not None
        silent, loaded = 0, self._model_stamp()
        while silent < _SILENT_CHECKS:
            with suppress(TimeoutError):
                # Not wait_for: see `bot.gateway.hub.wait`.
                async with asyncio.timeout(_WATCH_EVERY_S):
                    await self._process.wait()
                _log.warning("engine_exited", code=self._process.returncode)
                return
            if self._model_stamp() not in (loaded, None):
                _log.info("engine_new_model")
                return
            silent = 0 if await _healthy(client) else silent + 1
        _log.warning("engine_silent", seconds=_SILENT_CHECKS * _WATCH_EVERY_S)

    def _model_stamp(self) -> int | None:
        with suppress(OSError):
            return model_path(self._settings).stat().st_mtime_ns
        return None

    async def _spawn(self) -> Process:
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        if self._log_file.exists() and self._log_file.stat().st_size > _LOG_BYTES:
            self._log_file.replace(self._log_file.with_suffix(".log.1"))
        command = rasa_command(
            "run",
            *("-i", "127.0.0.1", "--port", str(self._port), "--model", str(model_path(self._settings))),
            *("--endpoints", "endpoints.yml", "--credentials", "credentials.yml"),
        )
        with self._log_file.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *command,
                cwd=PROJECT_ROOT,
                env=self._environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        return {
            **engine_environment(self._settings),
            **self._trackers.environment(),
            "ISEE_THREADS": str(self._settings.threads),
            "SANIC_WORKERS": "1",
            "LOG_LEVEL": "WARNING",
        }

    async def _end(self) -> None:
        """Ends the process and what it started: politely, then firmly."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            for sign, seconds in ((signal.SIGTERM, 8.0), (signal.SIGKILL, 5.0)):
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, sign)
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await process.wait()
                    break
        self._pid_file.unlink(missing_ok=True)
        ENGINE_UP.set(0)
        if self.state in ("up", "starting"):
            self.state = "down"

    def _end_orphan(self) -> None:
        """Ends the engine that a killed service left behind; only if it is recognisably ours."""
        with suppress(OSError, ValueError):
            pid = int(self._pid_file.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if b"rasa" in command and str(model_path(self._settings)).encode() in command:
                _log.info("engine_orphan_ended", pid=pid)
                os.killpg(pid, signal.SIGKILL)
        self._pid_file.unlink(missing_ok=True)

    def _enter(self, state: EngineState, **facts: object) -> None:
        if state != self.state:
            _log.info("engine", state=state, **facts)
        self.state = state
        ENGINE_UP.set(1 if state == "up" else 0)

    @property
    def _log_file(self) -> Path:
        return self._settings.home / "logs" / "rasa.log"


def free_port(wanted: int) -> int:
    """`wanted` if nobody listens there on loopback, else a port that the system gives."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    return wanted


async def _healthy(client: httpx.AsyncClient) -> bool:
    with suppress(httpx.HTTPError):
        return (await client.get("/webhooks/isee/")).status_code == 200
    return False
