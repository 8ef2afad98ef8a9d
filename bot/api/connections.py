"""How the server deals with single connections: how many, how large a request's head, how slowly it may come.

uvicorn leaves these to a proxy in front. The service may stand without one, and must not be held by whoever opens many
connections and says nothing on them.
"""

from __future__ import annotations

import json
from asyncio import TimerHandle, Transport
from collections import Counter
from contextlib import suppress
from typing import Any

import structlog
from prometheus_client import Gauge
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.api.addresses import Networks, caller
from bot.gateway.texts import problem
from common.errors import InvalidInput, ISeeError, NotReady, TooManyRequests
from common.settings import Settings

__all__ = ["raise_open_files", "server_options"]

CONNECTIONS = Gauge("isee_connections", "Open connections to the service.")
_HEAD_BYTES = 32 * 1024
_HEAD_S = 15.0
_KEEP_ALIVE_S = 20
_GRACE_S = 5
_COME_AGAIN_S = 5
# Files, the database and Redis need descriptors beside the connections.
_OTHER_FILES = 256
_PHRASES = {400: b"Bad Request", 429: b"Too Many Requests", 431: b"Request Header Fields Too Large",
            503: b"Service Unavailable"}
_log = structlog.get_logger(__name__)


class Doors:
    """Counts open connections, all and by address. Trusted proxies, which bring everybody's, count as nobody's."""

    def __init__(self, settings: Settings) -> None:
        self._most, self._each = settings.connections, settings.connections_per_address
        self._proxies = Networks(settings.trusted_proxies)
        self._open: Counter[str] = Counter()
        self._total = 0

    def enter(self, address: str) -> ISeeError | None:
        """Counts a connection; what to tell it, when it is one too many."""
        who = self._who(address)
        self._open[who] += 1
        self._total += 1
        CONNECTIONS.set(self._total)
        if self._total > self._most:
            return NotReady(problem("crowded"), retry_after=_COME_AGAIN_S)
        if who and self._open[who] > self._each:
            return TooManyRequests(problem("many_requests", seconds=_COME_AGAIN_S), retry_after=_COME_AGAIN_S)
        return None

    def leave(self, address: str) -> None:
        who = self._who(address)
        self._total -= 1
        self._open[who] -= 1
        if self._open[who] <= 0:
            del self._open[who]
        CONNECTIONS.set(self._total)

    def _who(self, address: str) -> str:
        return "" if address in self._proxies else caller(address)


class CarefulHttp(HttpToolsProtocol):
    """uvicorn's protocol with a bound on connections, and on the size and the time of a request's head."""

    doors: Doors
    _address = ""
    _head_bytes = 0
    _head_timer: TimerHandle | None = None
    _refused = False

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        refusal = self.doors.enter(self._address)
        self._await_head()
        if refusal:
            self._refuse(refusal)

    def connection_lost(self, exc: Exception | None) -> None:
        self.doors.leave(self._address)
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        waiting = self.cycle is None or self.cycle.response_complete
        if waiting and not self._head_timer:
            self._await_head()
        super().data_received(data)
        if self._head_timer and not self._refused:
            self._head_bytes += len(data)
            if self._head_bytes > _HEAD_BYTES:
                self._refuse(_head_too_large())

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        self._head_came()
        if size > _HEAD_BYTES:
            self._refuse(_head_too_large())
            raise ValueError("the head is too large")  # the parser stops here
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        if not self._refused:
            error = InvalidInput(problem("headers"))
            error.status = 400
            self._refuse(error)

    def _await_head(self) -> None:
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(_HEAD_S, self._too_late)

    def _head_came(self) -> None:
        if self._head_timer:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_late(self) -> None:
        # Nobody reads an answer to a request that was never finished.
        self._head_timer = None
        self.transport.close()

    def _refuse(self, error: ISeeError) -> None:
        """Answers with the problem and closes, whatever the request was going to be."""
        self._refused = True
        self._head_came()
        body = json.dumps(error.problem(), ensure_ascii=False).encode()
        lines = [
            b"HTTP/1.1 %d %s" % (error.status, _PHRASES[error.status]), b"content-type: application/problem+json",
            b"content-length: %d" % len(body), b"connection: close", b"x-content-type-options: nosniff",
        ]
        if "retry_after" in error.extra:
            lines.append(b"retry-after: %d" % error.extra["retry_after"])
        with suppress(RuntimeError):
            self.transport.write(b"\r\n".join([*lines, b"", body]))
        self.transport.close()


def server_options(settings: Settings) -> dict[str, Any]:
    """What `uvicorn.run` and `uvicorn.Config` are given."""
    return {
        "host": settings.host,
        "port": settings.port,
        "http": type("Http", (CarefulHttp,), {"doors": Doors(settings)}),
        "ws": "none",
        "proxy_headers": False,  # the application looks at them itself
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": _GRACE_S,
        "timeout_keep_alive": _KEEP_ALIVE_S,
    }


def raise_open_files(wanted: int) -> None:
    """Lets the process hold as many connections as the settings say, as far as the system allows."""
    try:
        import resource
    except ImportError:  # not a Unix
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        if allowed < needed:
            _log.warning("few_open_files", allowed=allowed, needed=needed)


def _head_too_large() -> ISeeError:
    error = InvalidInput(problem("headers"))
    error.status = 431
    return error
