"""The stream that keeps every desk current, and what a person says of their own presence.

Events: `case` (a line that is new or different, rendered), `gone` (a case that ended), `counts`, `typing` (the citizen
of the open conversation), `all` (read the page anew).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress
from datetime import datetime
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Query, Request
from sse_starlette import ServerSentEvent
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.api.streams import HeldStream
from bot.console.desk.views import row_html, seen
from bot.console.rendering import see_other
from bot.console.session import COOKIE, AgentDep, FormOf
from bot.context import Context
from bot.desk.watch import Changes
from bot.gateway.hub import DESK

__all__ = ["router"]

router = APIRouter(prefix="/console/desk", include_in_schema=False)

_LOOK_EVERY_S = 1.0
# So often the person is noted as present and the session looked at again.
_SEEN_EVERY_S = 20.0


@router.post("/presence")
async def presence(
    context: ContextDep, staff: AgentDep, _: FormOf, state: Annotated[str, Form(max_length=10)] = ""
) -> Response:
    """What the person says of themselves; kept as long as their browser is heard. Raises InvalidInput."""
    await seen(context, staff)
    await run_sync(context.desk.presence.say, staff.name, state)
    context.hub.wake(DESK)
    return see_other("/console/conversations")


@router.get("/events")
async def events(
    request: Request,
    context: ContextDep,
    staff: AgentDep,
    conversation: Annotated[str, Query(max_length=36)] = "",
) -> Response:
    """Raises TooManyRequests where the person has too many desks open: each tab holds one stream."""
    place = ExitStack()
    place.enter_context(context.hub.listening(f"{DESK} of {staff.name}"))
    return HeldStream(_stream(context, staff, request.cookies.get(COOKIE, ""), conversation), place)


async def _stream(context: Context, staff: Staff, token: str, conversation: str) -> AsyncIterator[ServerSentEvent]:
    typed: datetime | None = None
    next_seen = 0.0
    with context.desk.watch.watching() as desk:
        yield _event("all", {})
        while not context.hub.closing:
            if time.monotonic() >= next_seen:
                if not await run_sync(lambda: context.accounts.sessions.find(token, active=False)):
                    return  # signed out, or the account was locked
                await seen(context, staff)
                next_seen = time.monotonic() + _SEEN_EVERY_S
            # Not wait_for: see `bot.gateway.hub.wait`.
            changes: Changes | None = Changes()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_S):
                    changes = await desk.get()
            for event in _events(context, changes):
                yield event
            if conversation:
                latest = await run_sync(context.desk.typing.latest, conversation, "citizen")
                if latest and latest != typed:
                    typed = latest
                    yield _event("typing", {})


def _events(context: Context, changes: Changes | None) -> list[ServerSentEvent]:
    if changes is None:
        return [_event("all", {})]
    if changes == Changes():
        return []
    found = [
        _event("case", {
            "id": item.id, "conversation": item.conversation_id, "order": item.order_at.isoformat(),
            "agent": item.agent, "fresh": item.fresh, "last": item.last_message, "html": row_html(item),
        })
        for item in changes.changed
    ]
    found += [_event("gone", {"id": number}) for number in changes.gone]
    by = Counter(item.agent for item in context.desk.watch.cases)
    return [*found, _event("counts", {"waiting": by.pop("", 0), "by": by, "people": changes.people})]


def _event(name: str, data: Any) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(data, ensure_ascii=False), event=name)
