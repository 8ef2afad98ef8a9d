"""The event stream of a conversation: messages as they are stored, resumable by their ids."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

from anyio.to_thread import run_sync
from sse_starlette import ServerSentEvent

from bot.api.standing import standing
from bot.api.streams import HeldStream
from bot.context import Context
from bot.gateway.hub import wait
from bot.gateway.metrics import STREAMS
from common.errors import NotFound

__all__ = ["event_stream"]

# How long a message stored by another replica may go unnoticed.
_LOOK_EVERY_S = 3.0


async def event_stream(
    context: Context, conversation_id: str, client: str, last_id: str | None
) -> HeldStream:
    """The stream's response. Raises TooManyRequests when the conversation or the client has too many streams open,
    NotReady when the process has."""
    if last_id is None:
        known = await run_sync(context.store.messages, conversation_id)
        last_id = known[-1]["id"] if known else ""
    position: str = last_id
    stack = ExitStack()
    signal = stack.enter_context(context.hub.listening(conversation_id, client))

    async def stream() -> AsyncIterator[ServerSentEvent]:
        nonlocal position
        owner: dict[str, Any] = {}
        typed = None
        STREAMS.inc()
        try:
            while not context.hub.closing:
                conversation = await run_sync(context.store.get, conversation_id)
                stored = await run_sync(context.store.messages, conversation_id, position)
                for message in await run_sync(context.reveal.messages, conversation_id, stored):
                    position = message["id"]
                    yield ServerSentEvent(json.dumps(message, ensure_ascii=False), event="message", id=position)
                known = await run_sync(standing, context, conversation)
                if known != owner:
                    owner = known
                    yield ServerSentEvent(json.dumps(owner, ensure_ascii=False), event="owner")
                if conversation.owner == "agent":
                    latest = await run_sync(context.desk.typing.latest, conversation_id, "agent")
                    if latest and latest != typed:
                        typed = latest
                        yield ServerSentEvent(json.dumps({"author": "agent"}), event="typing")
                await wait(signal, _LOOK_EVERY_S)
        except NotFound:
            return  # erased meanwhile
        finally:
            STREAMS.dec()

    return HeldStream(stream(), stack)
