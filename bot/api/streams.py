"""Event streams that hold a place: it is given back however the stream ends, also where it never began."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

__all__ = ["HeldStream"]

_PING_S = 15
# A reader that takes nothing for so long has gone, whatever its connection says.
_SEND_S = 30.0


class HeldStream(EventSourceResponse):
    """Server-sent events; `place` is left when the answer is over. A caller who leaves at once may be gone before the
    first event is asked for: what stands in the events' own `finally` would then never run."""

    def __init__(self, events: AsyncIterator[ServerSentEvent], place: AbstractContextManager[object]) -> None:
        super().__init__(
            events, ping=_PING_S, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._place:
            await super().__call__(scope, receive, _given_up(send))


def _given_up(send: Send) -> Send:
    async def patient(message: Message) -> None:
        try:
            async with asyncio.timeout(_SEND_S):
                await send(message)
        except TimeoutError:
            raise ClientDisconnect from None

    return patient
