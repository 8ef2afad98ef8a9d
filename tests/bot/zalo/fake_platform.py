"""A small platform over real HTTP for tests of what goes out: single-use refresh tokens, sends, uploads, templates.

What it answers next is queued with `then`; without that it says yes. Everything asked is kept in `calls`.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from bot.engine_process import free_port
from bot.zalo.settings import ZaloSettings

APP, OA, USER = "1100220033004400550", "2211003300440055006", "7788009900110022003"
SECRET = "app-secret-for-tests-only"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@dataclass
class Call:
    path: str
    headers: dict[str, str]
    body: Any
    query: dict[str, str]


@dataclass
class Platform:
    """`answers[path]` are answers to give before the usual one: a body, a Response, or seconds to wait before it."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answers: dict[str, deque[Any]] = field(default_factory=lambda: defaultdict(deque))
    refreshes: list[str] = field(default_factory=list)
    used_twice: list[str] = field(default_factory=list)
    live: set[str] = field(default_factory=set)
    dead: set[str] = field(default_factory=set)
    params: list[dict[str, Any]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    life: str = "90000"
    made: int = 0
    slow_s: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def then(self, path: str, *answers: Any) -> None:
        self.answers[path].extend(answers)

    def to(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]

    def sent(self) -> list[dict[str, Any]]:
        """The message objects that were posted."""
        return [call.body["message"] for call in self.to("/v3.0/oa/message/cs")]

    def settings(self, **more: Any) -> ZaloSettings:
        values = {
            "enabled": True, "app_id": APP, "app_secret": SECRET, "oa_id": OA, "oa_secret_key": "k",
            "base_url": self.url, "oauth_url": self.url, "zbs_url": self.url, "rate_per_s": 1000}
        return ZaloSettings(**{**values, **more}, _env_file=None)

    def pair(self) -> dict[str, str]:
        self.made += 1
        self.live = {f"access-{self.made}"}  # the old one dies at once
        return {
            "access_token": f"access-{self.made}", "refresh_token": f"refresh-{self.made}", "expires_in": self.life}

    def exchange(self, form: dict[str, str]) -> dict[str, Any]:
        with self.lock:
            token = form.get("refresh_token", "")
            if form["grant_type"] == "refresh_token":
                if token in self.refreshes:
                    self.used_twice.append(token)
                    return {"error": -118, "error_name": "Invalid refresh token"}
                self.refreshes.append(token)
            return self.pair()

    def answer(self, call: Call) -> Any:
        if call.headers.get("access_token") not in self.live:
            return {"error": -216, "message": "Access token is invalid"}
        if call.path == "/template/info/v2":
            return {"error": 0, "data": {"listParams": self.params}}
        if call.path.startswith("/v2.0/oa/upload/"):
            kind = "token" if call.path.endswith("file") else "attachment_id"
            return {"error": 0, "data": {kind: f"up-{len(self.calls)}"}}
        if call.path in ("/v2.0/oa/listrecentchat", "/v2.0/oa/conversation"):
            return {"error": 0, "data": []}
        name = "msg_id" if call.path == "/message/template" else "message_id"
        return {"error": 0, "message": "Success", "data": {
            name: f"m-{len(self.calls)}", "quota": {"quota_type": "reply", "remain": "8", "total": "8"}}}


def _app(platform: Platform) -> FastAPI:
    app = FastAPI()

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    async def any_call(path: str, request: Request) -> Response:
        raw = await request.body()
        kind = request.headers.get("content-type", "")
        if kind.startswith("application/json"):
            body: Any = json.loads(raw)
        elif kind.startswith("application/x-www-form-urlencoded"):
            body = dict(await request.form())
        else:
            body = raw
        call = Call(f"/{path}", dict(request.headers), body, dict(request.query_params))
        platform.calls.append(call)
        queued = platform.answers[call.path]
        wait_s = queued.popleft() if queued and isinstance(queued[0], float) else 0.0
        given = queued.popleft() if queued and not isinstance(queued[0], float) else None
        await asyncio.sleep(wait_s)
        if given is not None:
            answer = given
        elif call.path == "/v4/oa/access_token":
            await asyncio.sleep(platform.slow_s)
            answer = platform.exchange(body)
        else:
            answer = platform.answer(call)
        if isinstance(answer, Response):
            return answer
        return JSONResponse(answer, headers=platform.headers)

    return app


@contextmanager
def platform_running() -> Iterator[Platform]:
    platform, port = Platform(), free_port(0)
    platform.url = f"http://127.0.0.1:{port}"
    server = uvicorn.Server(uvicorn.Config(_app(platform), port=port, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield platform
    server.should_exit = True
    thread.join(5)
