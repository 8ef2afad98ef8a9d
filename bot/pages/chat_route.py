"""Routes of the chat page: answers go out compressed, for slow lines."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from starlette.responses import Response

from bot.pages.rendering import PageRoute

__all__ = ["ChatRoute"]

_WORTHWHILE = 600  # bytes; less than a packet gains nothing


class ChatRoute(PageRoute):
    """A page route whose answers are compressed.

    What a page repeats of the citizen's own words stands beside nothing secret that stays the same: tickets are sealed
    anew for each page, so their length and letters tell an onlooker nothing (BREACH).
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def packed(request: Request) -> Response:
            answer = await inner(request)
            taken = "gzip" in request.headers.get("accept-encoding", "").lower()
            if taken and len(answer.body) > _WORTHWHILE and "content-encoding" not in answer.headers:
                answer.body = gzip.compress(bytes(answer.body), 6, mtime=0)
                answer.headers["Content-Encoding"] = "gzip"
                answer.headers["Content-Length"] = str(len(answer.body))
            answer.headers.setdefault("Vary", "Accept-Encoding")
            return answer

        return packed
