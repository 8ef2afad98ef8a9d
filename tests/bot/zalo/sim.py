"""Runs the simulated Zalo on a private port, and talks to it as iSee and as people do."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from bot.engine_process import free_port
from bot.zalo_sim.app import WEBHOOK, create_zalo, environment
from bot.zalo_sim.courier import Courier
from bot.zalo_sim.world import World

__all__ = ["BA_TU", "CUONG", "Receiver", "Simulated", "simulated", "wait_for"]

BA_TU, CUONG = "7788009900110022003", "7788009900110022014"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def wait_for(reached: Callable[[], Any], what: str = "", seconds: float = 60) -> Any:
    """The first true value of `reached`."""
    until = time.monotonic() + seconds
    while not (found := reached()):
        assert time.monotonic() < until, f"waited {seconds:.0f} s for {what or reached}"
        time.sleep(0.02)
    return found


@dataclass
class Simulated:
    """A running simulator."""

    url: str
    app: Any

    @property
    def world(self) -> World:
        return self.app.state.world  # type: ignore[no-any-return]

    @property
    def courier(self) -> Courier:
        return self.app.state.courier  # type: ignore[no-any-return]

    @property
    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30, transport=httpx.HTTPTransport(verify=False))

    def post(self, path: str, **data: Any) -> httpx.Response:
        with self.http as http:
            return http.post(path, data=data, headers={"Accept": "application/json"})

    def faults(self, **wanted: Any) -> None:
        """Sets the switches; those not named are healthy."""
        with self.http as http:
            assert http.put("/simulator/faults", json=wanted).status_code == 200

    def says(self, text: str, user_id: str = BA_TU) -> None:
        assert self.post(f"/phone/{user_id}/text", text=text).status_code == 200

    def sends(self, name: str, content: bytes, user_id: str = BA_TU, caption: str = "") -> None:
        with self.http as http:
            http.post(f"/phone/{user_id}/file", files={"file": (name, content)}, data={"caption": caption})

    def chat(self, user_id: str = BA_TU) -> list[dict[str, Any]]:
        with self.http as http:
            listed: list[dict[str, Any]] = http.get(f"/simulator/users/{user_id}/messages").json()
            return listed

    def token(self) -> dict[str, str]:
        """A pair of tokens by a whole consent."""
        with self.http as http:
            agreed = http.post("/v4/oa/permission", data={
                "redirect_uri": "http://isee.invalid/cb", "code_challenge": CHALLENGE, "state": "s"})
            code = httpx.URL(agreed.headers["location"]).params["code"]
        return self.redeem(grant_type="authorization_code", code=code, code_verifier=VERIFIER)

    def redeem(self, secret: str | None = "", **form: str) -> dict[str, Any]:
        account = self.world.account
        secret = account.app_secret if secret == "" else secret
        headers = {"secret_key": secret} if secret is not None else {}
        with self.http as http:
            answer = http.post("/v4/oa/access_token", data={"app_id": account.app_id, **form}, headers=headers)
            found: dict[str, Any] = answer.json()
            return found

    def call(self, method: str, path: str, token: str, **given: Any) -> dict[str, Any]:
        with self.http as http:
            found: dict[str, Any] = http.request(method, path, headers={"access_token": token}, **given).json()
            return found

    def cs(self, token: str, message: Any, user_id: str = BA_TU) -> dict[str, Any]:
        return self.call("POST", "/v3.0/oa/message/cs", token, json={
            "recipient": {"user_id": user_id}, "message": message})


@contextlib.contextmanager
def simulated(folder: Path, isee_url: str, port: int = 0, speed: float = 600.0) -> Iterator[Simulated]:
    port = port or free_port(0)
    url = f"http://127.0.0.1:{port}"
    app = create_zalo(isee_url, url, folder, speed=speed)
    server = uvicorn.Server(uvicorn.Config(
        app, host="127.0.0.1", port=port, log_level="critical", timeout_graceful_shutdown=1, server_header=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_for(lambda: server.started or not thread.is_alive(), "the simulator")
    try:
        yield Simulated(url, app)
    finally:
        server.should_exit = True
        thread.join(10)


class Receiver:
    """A webhook that keeps what it is sent and answers what it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({key.lower(): value for key, value in self.headers.items()}, body))
                self.send_response(receiver.status if self.path == WEBHOOK else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def settings_of(simulator: Simulated) -> dict[str, str]:
    """The environment with which iSee takes the simulator for Zalo."""
    return environment(simulator.url, simulator.world.account)
