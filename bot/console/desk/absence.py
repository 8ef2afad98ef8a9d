"""What citizens are told while nobody is at the desk: read and written by managers."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.desk.views import desk_page
from bot.console.rendering import see_other
from bot.console.session import FormOf, ManagerDep
from bot.context import Context
from bot.desk.absence import OPENS
from common.errors import InvalidInput

__all__ = ["router"]

router = APIRouter(prefix="/console/desk/absence", include_in_schema=False)
_PAGE = "/console/desk/absence"


@router.get("")
async def absence(request: Request, context: ContextDep, staff: ManagerDep) -> Response:
    return await _page(request, context, staff)


@router.post("")
async def save(
    request: Request, context: ContextDep, staff: ManagerDep, _: FormOf, kind: Annotated[str, Form(max_length=24)],
    text: Annotated[str, Form(max_length=10_000)] = "",
) -> Response:
    try:
        await run_sync(context.desk.absence.save, kind, text, staff.name)
    except InvalidInput as error:
        return await _page(request, context, staff, error, {kind: text})
    return see_other(_PAGE)


@router.post("/{kind}/restore")
async def restore(context: ContextDep, staff: ManagerDep, _: FormOf, kind: str) -> Response:
    await run_sync(context.desk.absence.restore, kind, staff.name)
    return see_other(_PAGE)


async def _page(
    request: Request, context: Context, staff: Staff, error: InvalidInput | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    state = await run_sync(context.desk.waits.opening)
    found = await run_sync(context.desk.absence.all, state)
    return desk_page(
        request, "desk/absence.html", error, staff=staff, texts=found, typed=typed or {}, variable=OPENS,
        hours=context.desk.hours_said)
