"""A service killed in the middle of a turn: the question is kept, and the same client id gets its answer afterwards."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from bot.engine_process import free_port
from common.keyring import Keyring
from common.settings import PROJECT_ROOT, Settings
from tests.bot.serving import start_engine


def start(home: Path, port: int, rasa_port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.bot.served", str(home), str(port), str(rasa_port)]
    process = subprocess.Popen(command, cwd=PROJECT_ROOT)
    for _ in range(900):
        with contextlib.suppress(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{port}/healthz/live", trust_env=False)
            return process
        time.sleep(0.1)
    raise RuntimeError("the service did not start")


@pytest.mark.slow
def test_a_turn_cut_off_by_a_kill_is_answered_once_after_the_restart(tmp_path: Path) -> None:
    port, rasa_port = free_port(0), free_port(0)
    engine = start_engine(rasa_port, Keyring.from_settings(Settings(home=tmp_path)).engine_secret())
    service = start(tmp_path, port, rasa_port)
    http = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=20, trust_env=False)
    opened = http.post("/conversations", json={}).json()
    http.headers["Authorization"] = f"Bearer {opened['token']}"
    path, body = f"/conversations/{opened['id']}/messages", {"text": "chậm một chút", "client_id": "k1"}

    def ask() -> None:
        with contextlib.suppress(httpx.HTTPError):
            http.post(path, json=body)

    try:
        asking = threading.Thread(target=ask)
        asking.start()
        while len(http.get(path).json()["messages"]) < 2:
            time.sleep(0.05)
        service.kill()
        service.wait()
        asking.join(10)
        service = start(tmp_path, port, rasa_port)
        assert [message["author"] for message in http.get(path).json()["messages"]] == ["bot", "citizen"]
        first = http.post(path, json=body).json()
        assert first["messages"][0]["text"] == "nghe: chậm một chút"
        assert http.post(path, json=body).json() == first
        assert [message["author"] for message in http.get(path).json()["messages"]] == ["bot", "citizen", "bot"]
    finally:
        for process in (service, engine):
            process.kill()
            process.wait()
