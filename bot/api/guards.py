"""What is turned away before any route runs: foreign sites, too many requests, more than can be answered at once.

Plain ASGI, as in `bot.api.middleware`. What other systems and the engine send has its own signature or secret, and what
watches the service must get through when it is busy: those paths are let past.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.api.addresses import client_key
from bot.api.problems import problem_response
from bot.gateway.texts import problem
from common.errors import Forbidden, NotReady, TooManyRequests

__all__ = ["Crowd", "OriginCheck", "RequestRate", "origin"]

_HARMLESS = {"GET", "HEAD", "OPTIONS"}
_API = "/api/"
# Signed by those who send, or for this machine's own eyes.
_PAST = ("/actions", "/channels/zalo/webhook", "/channels/zalo/health", "/api/v1/partner/", "/healthz/", "/metrics")
_FILES = ("/widget/", "/pages/static/", "/console/static/")
_COME_AGAIN_S = 2
# So long may a reader take nothing of an answer that is too long for the connection's buffers.
_SLOWEST_READ_S = 60.0


class OriginCheck:
    """Browsers say which site a request comes from. What changes something is taken from our own pages and, at the API,
    from the sites that may embed the widget; programs, which name no site, pass: they hold no visitor's cookies."""

    def __init__(self, app: ASGIApp, *, own: str, allowed: Iterable[str]) -> None:
        self._app = app
        self._own, self._allowed = origin(own), {origin(site) for site in allowed}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in _HARMLESS and self._foreign(scope):
            await problem_response(Forbidden(problem("foreign")))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _foreign(self, scope: Scope) -> bool:
        headers = dict(scope["headers"])
        named = headers.get(b"origin", b"").decode("latin-1")
        if not named:
            return False
        site = origin(named)
        if site == "null" and not scope["path"].startswith(_API):
            # A page that sends no referrer (the citizens' pages) posts without naming its site: the browser's other
            # word on it counts (Fetch Metadata), and where an old one says nothing, the page's sealed address.
            return headers.get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none")
        # A proxy that ends TLS changes the scheme that we see, so the host alone is compared with the one asked for.
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if site == self._own or (host and named.lower().rpartition("://")[2] == host):
            return False
        return not (scope["path"].startswith(_API) and ("*" in self._allowed or site in self._allowed))


class RequestRate:
    """At most so many requests a minute from one address, whatever they ask for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith((*_PAST, *_FILES)):
            context = scope["app"].state.context
            seconds = await context.requests.wait(client_key(scope, context.keyring))
            if seconds:
                error = TooManyRequests(problem("many_requests", seconds=int(seconds)), retry_after=seconds)
                await problem_response(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class Crowd:
    """So many requests are answered at the same time; the next is told at once to come again, instead of waiting in a
    queue that nobody leaves. An event stream stops counting when it has begun: the hub counts those. A request does not
    count while its body is waited for, nor is a reader waited for who takes nothing: else a few callers who dawdle
    would hold every place."""

    def __init__(self, app: ASGIApp, *, at_once: int) -> None:
        self._app, self._most, self._inside = app, at_once, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_PAST):
            await self._app(scope, receive, send)
            return
        if self._inside >= self._most:
            error = NotReady(problem("crowded"), retry_after=_COME_AGAIN_S)
            await problem_response(error, {"Connection": "close"})(scope, receive, send)
            return
        self._inside += 1
        counted, whole, streaming = True, False, False

        def leave() -> None:
            nonlocal counted
            self._inside -= counted
            counted = False

        async def receiving() -> Message:
            nonlocal counted, whole
            if whole or streaming:  # what comes now is that the caller has gone
                return await receive()
            leave()
            message = await receive()
            whole = not message.get("more_body", False)
            if not streaming:
                self._inside += 1
                counted = True
            return message

        async def watching(message: Message) -> None:
            nonlocal streaming
            if message["type"] == "http.response.start" and _is_stream(message):
                streaming = True
                leave()
            try:
                async with asyncio.timeout(_SLOWEST_READ_S):
                    await send(message)
            except TimeoutError:
                raise ClientDisconnect from None

        try:
            await self._app(scope, receiving, watching)
        finally:
            leave()


def origin(address: str) -> str:
    """Scheme and host of `address` as browsers write an origin; "*" and "null" as they are."""
    address = address.strip().lower().rstrip("/")
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    if not parts.netloc:
        return address
    ending = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return f"{parts.scheme}://{parts.netloc.removesuffix(ending) if ending else parts.netloc}"


def _is_stream(message: Message) -> bool:
    return dict(message.get("headers", ())).get(b"content-type", b"").startswith(b"text/event-stream")
