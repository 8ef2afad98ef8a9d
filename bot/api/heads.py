"""HEAD for what anybody may look at: the answer to GET without its body, as watchers and link checkers ask for it.

Only for the paths named here. Elsewhere a GET may cost something or can be made once (a file that is given once, an
event stream, a login), and 405 says so.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["HeadAsGet"]

_PATHS = frozenset({
    "/chat", "/chat/chat.css", "/signature", "/forms", "/dossiers", "/centres", "/metrics", "/openapi.json",
    "/console/login", "/channels/zalo/health", "/channels/zalo/webhook"})
_BELOW = ("/healthz/", "/centres/", "/verify/", "/zalo_verifier")


class HeadAsGet:
    """Asks the routes for GET and lets the head of their answer through."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or not _looked_at(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def bare(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        asked = {**scope, "method": "GET"}
        try:
            await self._app(asked, receive, bare)
        finally:
            if "route" in asked:  # for the log and the metrics
                scope["route"] = asked["route"]


def _looked_at(path: str) -> bool:
    return path in _PATHS or path.startswith(_BELOW)
