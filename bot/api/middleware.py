"""The shell around every request: request id and log line, last-resort errors, body limit, security headers.

Plain ASGI: Starlette's BaseHTTPMiddleware would buffer event streams.
"""

from __future__ import annotations

import asyncio
import re
import time
import uuid

import structlog
from prometheus_client import Histogram
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.api.problems import problem_response
from bot.gateway.texts import problem
from common.errors import ISeeError, NotReady, TooLarge, TooSlow

__all__ = ["GONE", "HTTP_SECONDS", "BodyLimit", "RequestLog", "SecurityHeaders", "content_policy"]

HTTP_SECONDS = Histogram("isee_http_request_seconds", "Time to the last byte.", ["method", "route", "code"])
_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
# A one-page form brings several papers at once; each is still held to the limit of one.
_FILES_A_PAGE = 4
# A catalogue is larger than what citizens send; the route reads it only after it knows who sends.
IMPORT_PATH = "/console/guides/import/file"
GONE = 499  # as nginx calls it: the caller left before the request was whole
_METHODS = {"GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH"}
# Bodies that are longer than words share a place for what is beyond: half-sent ones may not fill the memory.
_SHORT_BYTES, _LONG_BYTES_AT_ONCE = 64 * 1024, 512 * 1024 * 1024
_COME_AGAIN_S = 10
# A body may take this long, and longer only as long as it comes at the speed of a poor line (16 kbit/s).
_BODY_GRACE_S, _BODY_BYTES_A_SECOND = 30.0, 2048
_log = structlog.get_logger("bot.http")


class RequestLog:
    """Binds a request id, logs one line a request (no query string), turns unhandled errors into a problem."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started, code = time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except ClientDisconnect:
            code = code or GONE  # for the log: there is nobody to answer
        except Exception as error:  # nothing above could name it: the log gets the cause, the caller the id
            _log.error("unhandled", route=_route(scope), exc_info=error)
            if not code:
                failure = ISeeError(problem("internal", request_id=request_id))
                await problem_response(failure)(scope, receive, noting)
        finally:
            seconds = time.perf_counter() - started
            method = scope["method"] if scope["method"] in _METHODS else "other"
            HTTP_SECONDS.labels(method, _route(scope), str(code)).observe(seconds)
            _log.info("http", method=method, route=_route(scope), code=code, took_ms=round(seconds * 1000, 1))


class BodyLimit:
    """Answers 413 as soon as a body is over the limit of its kind, declared or not, 408 when it dribbles in, and 503 to
    a long one where long ones fill their place already."""

    def __init__(
        self, app: ASGIApp, *, json_bytes: int, upload_bytes: int, action_bytes: int, import_bytes: int
    ) -> None:
        self._app, self._json, self._upload, self._action = app, json_bytes, upload_bytes, action_bytes
        self._import = import_bytes
        self._long_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        limit = self._limit(scope["path"], headers.get(b"content-type", b""))
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > limit:
            await problem_response(_too_large(limit), {"Connection": "close"})(scope, receive, send)
            return
        taken, held, whole, started = 0, 0, False, False
        refusal: ISeeError | None = None
        begun = asyncio.get_running_loop().time()

        async def counting() -> Message:
            nonlocal taken, held, whole, refusal
            if whole:  # what comes now is that the caller has gone
                return await receive()
            try:
                async with asyncio.timeout_at(begun + _BODY_GRACE_S + taken / _BODY_BYTES_A_SECOND):
                    message = await receive()
            except TimeoutError:
                refusal = TooSlow(problem("slow_body"))
                raise refusal from None
            taken += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if taken > limit:
                refusal = _too_large(limit)
                raise refusal
            self._long_bytes += max(0, taken - _SHORT_BYTES) - held
            held = max(0, taken - _SHORT_BYTES)
            if held and self._long_bytes > _LONG_BYTES_AT_ONCE:
                refusal = NotReady(problem("crowded"), retry_after=_COME_AGAIN_S)
                raise refusal
            return message

        async def guarding(message: Message) -> None:
            # A parser below may turn our error into its own 400; the true answer is given here instead.
            nonlocal started
            if not refusal or started:
                started = True
                await send(message)

        try:
            await self._app(scope, counting, guarding)
        except ISeeError:
            if not refusal:
                raise
        finally:
            self._long_bytes -= held
        if refusal and not started:
            await problem_response(refusal, {"Connection": "close"})(scope, receive, send)

    def _limit(self, path: str, content_type: bytes) -> int:
        if path == "/actions":
            return self._action
        if path == IMPORT_PATH:
            return self._import
        if path.startswith("/console/guides/"):
            return self._upload  # the form of a long guide
        if path.startswith("/forms/") and content_type.startswith(b"multipart/form-data"):
            return self._upload * _FILES_A_PAGE
        return self._upload if content_type.startswith(b"multipart/form-data") else self._json


class SecurityHeaders:
    """Adds the headers that keep a browser strict; a route's own value wins."""

    def __init__(self, app: ASGIApp, *, policy: str, https: bool) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=(self), payment=()",
            "Cross-Origin-Opener-Policy": "same-origin",
            "X-Permitted-Cross-Domain-Policies": "none",
        }
        if https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith("/widget/"):
                    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
                    headers.setdefault("Cache-Control", "no-store")
                else:
                    headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin")
            await send(message)

        await self._app(scope, receive, adding if scope["type"] == "http" else send)


def content_policy(frame_ancestors: list[str]) -> str:
    """The Content-Security-Policy: our own origin only; pages may be framed by `frame_ancestors` alone."""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors " + (" ".join(frame_ancestors) or "'none'"),
        ]
    )


def _too_large(limit: int) -> TooLarge:
    return TooLarge(problem("too_large", limit=f"{limit / 1_048_576:.1f}".replace(".", ",")), limit=limit)


def _request_id(scope: Scope) -> str:
    given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    return given if _REQUEST_ID.match(given) else uuid.uuid4().hex


def _route(scope: Scope) -> str:
    """The route's template, so that neither codes nor ids reach logs and metric labels."""
    route = scope.get("route")
    return str(getattr(route, "path", None) or "unmatched")
