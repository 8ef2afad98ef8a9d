"""Citizens' requests about their data: what waits, by when, and its end."""

from __future__ import annotations

from typing import Annotated, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.rendering import console_page, see_other
from bot.console.session import FormOf, OfficerDep
from bot.context import Context
from common.clock import local_date
from common.errors import InvalidInput, ISeeError, NotFound

__all__ = ["router"]

router = APIRouter(prefix="/console/rights", include_in_schema=False)


@router.get("")
async def requests(request: Request, context: ContextDep, staff: OfficerDep) -> Response:
    return await _page(request, context, staff)


@router.post("/{number}/{act}")
async def move(
    request: Request,
    context: ContextDep,
    staff: OfficerDep,
    _: FormOf,
    number: str,
    act: Literal["acknowledged", "done"],
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Takes a request on, or ends it with what was done."""
    try:
        if act == "done" and not note.strip():
            raise InvalidInput("Ghi kết quả giải quyết trước khi kết thúc yêu cầu.", field="note")
        await run_sync(context.dossiers.rights.log.move, number, act, staff.name, note.strip())
    except NotFound:
        return await _page(request, context, staff, NotFound("Không có yêu cầu này."))
    except InvalidInput as error:
        return await _page(request, context, staff, error)
    return see_other("/console/rights")


async def _page(request: Request, context: Context, staff: Staff, error: ISeeError | None = None) -> Response:
    rights = context.dossiers.rights
    found = await run_sync(rights.log.all)
    return console_page(
        request, "rights.html", status=error.status if error else 200, staff=staff, requests=found,
        today=local_date(), say=rights.texts.render, problem=error.detail if error else "")
