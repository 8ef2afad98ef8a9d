"""The queue and one conversation, read."""

from __future__ import annotations

from typing import Annotated, Any, get_args

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from bot.api.deps import ContextDep
from bot.api.downloads import download
from bot.console.desk.views import PAGE_SIZE, conversation_page, desk_page, seen
from bot.console.session import AgentDep
from bot.desk.presence import STATES
from bot.desk.queue import Tab

__all__ = ["router"]

router = APIRouter(prefix="/console/conversations", include_in_schema=False)


@router.get("")
async def queue(
    request: Request,
    context: ContextDep,
    staff: AgentDep,
    tab: Tab = "waiting",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    await seen(context, staff)

    def read() -> dict[str, Any]:
        items, more = context.desk.queue.page(tab, staff.name, page, PAGE_SIZE)
        people = context.desk.presence.everybody()
        return {
            "items": items, "more": more, "counts": context.desk.queue.counts(staff.name),
            "me": context.desk.presence.of(staff.name), "people": [one for one in people if one.state != "gone"],
            "opening": context.desk.waits.opening(),
        }

    return desk_page(
        request, "desk/queue.html", staff=staff, tab=tab, tabs=get_args(Tab), page=page, states=STATES,
        auto=context.desk.assigner.on, **await run_sync(read))


@router.get("/{conversation_id}")
async def conversation(request: Request, context: ContextDep, staff: AgentDep, conversation_id: str) -> Response:
    await seen(context, staff)
    return await conversation_page(request, context, staff, conversation_id)


@router.get("/{conversation_id}/files/{file_id}")
async def file(
    context: ContextDep,
    staff: AgentDep,
    conversation_id: str,
    file_id: Annotated[str, Path(pattern="^[0-9a-f]{32}$")],
) -> Response:
    """For the person who has the conversation; the look is logged before the first byte leaves."""
    return download(await run_sync(context.desk.files.open, conversation_id, file_id, staff.name))
