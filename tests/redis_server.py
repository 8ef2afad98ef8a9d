"""A private Redis server for tests that need one, on a port of its own; it can be stopped and started again."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from bot.engine_process import free_port

__all__ = ["PrivateRedis", "private_redis"]


class PrivateRedis:
    """Keeps nothing on disk."""

    def __init__(self, program: str) -> None:
        self._program, self._port = program, free_port(0)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        options = ["--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([self._program, *options], stdout=subprocess.DEVNULL, cwd="/tmp")
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return
            time.sleep(0.02)
        raise RuntimeError("redis-server did not start")

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextlib.contextmanager
def private_redis() -> Iterator[PrivateRedis]:
    """A running server; skips the test where none is installed."""
    program = shutil.which("redis-server")
    if not program:
        pytest.skip("redis-server is not installed (tools/test-needs installs it where it may)")
    server = PrivateRedis(program)
    server.start()
    try:
        yield server
    finally:
        server.stop()
