"""The webhook itself, in front of everything else: what the shell's layers do for other requests is done here.

A flood of receipts is an ordinary day at the platform. Each layer of the shell would cost it as much as reading,
checking and writing the event, and a line in the log as much as all of them.
"""

from __future__ import annotations

import asyncio
import time

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.api.middleware import GONE, HTTP_SECONDS
from bot.api.problems import problem_response
from bot.context import Context
from bot.gateway.texts import problem
from bot.zalo.inbound_door import MOST_BYTES
from bot.zalo.inbound_metrics import ANSWERED, WEBHOOK_SECONDS
from common.errors import ISeeError, TooLarge, TooSlow

__all__ = ["PATH", "Bodies", "Webhook"]

PATH = "/channels/zalo/webhook"
# The platform sends at once; whoever is slower than this holds a connection and means to.
_BODY_S = 15.0
# Genuine events are this short, and are always read; what is longer shares a place, so that half-sent bodies can
# neither fill the memory nor keep genuine events out.
_SHORT_BYTES = 16 * 1024
_LONG_BYTES_AT_ONCE = 16 * 1024 * 1024
_HEADERS = [
    (b"content-type", b"application/json"), (b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]
_OK = b'{"error":0}'
_log = structlog.get_logger("bot.http")


class Crowded(Exception):
    """Too many long bodies are being read."""


class Bodies:
    """Reads bodies as they arrive, each within its limits and all of them within one. For one event loop."""

    def __init__(self) -> None:
        self.long_bytes = 0
        """What bodies that are longer than genuine ones hold just now."""

    async def read(self, receive: Receive) -> bytes:
        """The body, byte for byte. Raises TooLarge, TooSlow, Crowded, ClientDisconnect."""
        try:
            async with asyncio.timeout(_BODY_S):
                message = await receive()
                if not message.get("more_body"):
                    return _part(message)
                return await self._rest(_part(message), receive)
        except TimeoutError:
            raise TooSlow(problem("slow_body")) from None

    async def _rest(self, raw: bytes, receive: Receive) -> bytes:
        parts, size, held = [raw], len(raw), 0
        try:
            while True:
                beyond = max(0, size - _SHORT_BYTES)
                self.long_bytes += beyond - held
                held = beyond
                if held and self.long_bytes > _LONG_BYTES_AT_ONCE:
                    raise Crowded
                message = await receive()
                parts.append(_part(message))
                size += len(parts[-1])
                if size > MOST_BYTES:
                    raise _too_large()
                if not message.get("more_body"):
                    return b"".join(parts)
        finally:
            self.long_bytes -= held


class Webhook:
    """Takes the platform's events; every other request goes on to `app`, and so do events while the channel is off."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._bodies = app, Bodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        context: Context = scope["app"].state.context
        if not context.zalo.settings.enabled:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 503
        try:
            status = await self._status(context, scope, receive)
            await _answer(status, send)
        except ClientDisconnect:
            status = GONE
        except ISeeError as error:
            status = error.status
            await problem_response(error, {"Connection": "close"})(scope, receive, send)
        except Exception as error:  # whatever it was, the platform sends the event again
            _log.error("unhandled", route=PATH, exc_info=error)
            await _answer(status, send)
        finally:
            seconds = time.perf_counter() - started
            WEBHOOK_SECONDS.observe(seconds)
            HTTP_SECONDS.labels("POST", PATH, str(status)).observe(seconds)

    async def _status(self, context: Context, scope: Scope, receive: Receive) -> int:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if (declared := headers.get("content-length", "")).isdigit() and int(declared) > MOST_BYTES:
            raise _too_large()
        try:
            raw = await self._bodies.read(receive)
        except Crowded:
            ANSWERED.labels("crowded").inc()
            return 503
        return await context.zalo.door.receive(raw, headers)


async def _answer(status: int, send: Send) -> None:
    body = _OK if status == 200 else b""
    extent = (b"content-length", b"%d" % len(body))
    # A body that was not read to its end must not be taken for the next request.
    closing = [(b"connection", b"close")] if status == 503 else []
    await send({"type": "http.response.start", "status": status, "headers": [*_HEADERS, extent, *closing]})
    await send({"type": "http.response.body", "body": body})


def _part(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    body: bytes = message.get("body", b"")
    return body


def _too_large() -> TooLarge:
    ANSWERED.labels("too_large").inc()
    return TooLarge(problem("too_large", limit=f"{MOST_BYTES / 1_048_576:.1f}".replace(".", ",")))
