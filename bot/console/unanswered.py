"""Questions that the assistant left open."""

from __future__ import annotations

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.api.deps import ContextDep
from bot.console.rendering import console_page, see_other
from bot.console.session import FormOf, InboxDep

__all__ = ["router"]

router = APIRouter(prefix="/console/unanswered", include_in_schema=False)


@router.get("")
async def unanswered(request: Request, context: ContextDep, staff: InboxDep) -> Response:
    return console_page(request, "unanswered.html", staff=staff, questions=await run_sync(context.turns.unanswered))


@router.post("/{question_id}/resolve")
async def resolve(context: ContextDep, staff: InboxDep, _: FormOf, question_id: int) -> Response:
    await run_sync(context.turns.resolve, question_id)
    return see_other("/console/unanswered")
