"""Work that was given up: what it was, why, and another try."""

from __future__ import annotations

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.api.deps import ContextDep
from bot.console.rendering import console_page, see_other
from bot.console.session import FormOf, SetupDep

__all__ = ["router"]

router = APIRouter(prefix="/console/outbox", include_in_schema=False)


@router.get("")
async def outbox(request: Request, context: ContextDep, staff: SetupDep) -> Response:
    failed = await run_sync(context.dossiers.outbox.failed)
    return console_page(request, "outbox.html", staff=staff, entries=failed)


@router.post("/{number}/retry")
async def retry(context: ContextDep, staff: SetupDep, _: FormOf, number: int) -> Response:
    await run_sync(context.dossiers.outbox.retry, number)
    return see_other("/console/outbox")
