"""A real engine over HTTP, with a small service beside it that records the action calls. Standard library only."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a secret for these tests only"


def isee_home() -> Path:
    return Path(os.environ.get("ISEE_HOME") or ROOT / "var").expanduser().resolve()


@dataclass
class Actions:
    """The service's side: answers `POST /actions` with a reply that names the action, and what `scripts` add."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    scripts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    secrets: set[str | None] = field(default_factory=set)

    def names(self) -> list[str]:
        return [call["next_action"] for call in self.calls]

    def answer(self, call: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(call)
        name = call["next_action"]
        events = [] if name == "action_ask_eform_input" else self.scripts.get(name, [])
        return {"events": events, "responses": [{"custom": {"text": name, "status": "answered"}}]}


@dataclass
class Engine:
    """The engine's address and the service beside it."""

    base: str
    actions: Actions
    sender: str = ""

    def post(self, path: str, body: Any, secret: str | None = SECRET) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}{path}", data, {"content-type": "application/json"})
        if secret is not None:
            request.add_header("X-ISee-Secret", secret)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    def say(self, text: str) -> dict[str, Any]:
        status, turn = self.post("/webhooks/isee/webhook", {"sender": self.sender, "message": text})
        assert status == 200, turn
        return turn


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _serve(actions: Actions, port: int) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            actions.secrets.add(self.headers.get("X-ISee-Secret"))
            call = json.loads(self.rfile.read(int(self.headers["content-length"])))
            body = json.dumps(actions.answer(call)).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="session")
def running_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """`rasa run` with the model that `make setup` trained."""
    model = isee_home() / "models" / "rasa" / "isee.tar.gz"
    if not model.exists():
        pytest.fail(f"{model} is missing: run `make setup` first")
    folder, actions = tmp_path_factory.mktemp("engine"), Actions()
    port, service_port = _free_port(), _free_port()
    server = _serve(actions, service_port)
    environment = {
        **os.environ,
        "ISEE_HOME": str(isee_home()),
        "ISEE_PORT": str(service_port),
        "ISEE_ENGINE_SECRET": SECRET,
        "ISEE_TRACKER_URL": f"sqlite:///{folder / 'tracker.db'}",
        "RASA_TELEMETRY_ENABLED": "false",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
    }
    command = [str(ROOT / ".venv-rasa/bin/python"), "-m", "rasa", "run", "-i", "127.0.0.1", "--port", str(port)]
    command += ["--model", str(model), "--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
    with (folder / "rasa.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            engine = Engine(f"http://127.0.0.1:{port}", actions)
            _await(engine, process, folder / "rasa.log")
            yield engine
        finally:
            process.terminate()
            process.wait(20)
            server.shutdown()


@pytest.fixture
def engine(running_engine: Engine) -> Engine:
    """The running engine with a new conversation and an empty record."""
    running_engine.sender = uuid.uuid4().hex
    running_engine.actions.calls.clear()
    running_engine.actions.scripts.clear()
    return running_engine


def _await(engine: Engine, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(400):
        if process.poll() is not None:
            break
        try:
            if engine.post("/webhooks/isee/parse", {"text": "xin chào"})[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.3)
    pytest.fail(f"the engine did not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")
