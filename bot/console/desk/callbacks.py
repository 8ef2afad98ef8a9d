"""Citizens who wait for a call: listed, the number shown as a logged act, settled."""

from __future__ import annotations

from typing import Annotated, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.desk.views import PAGE_SIZE, desk_page
from bot.console.rendering import see_other
from bot.console.session import AgentDep, FormOf
from bot.context import Context
from common.errors import Conflict, InvalidInput, ISeeError

__all__ = ["router"]

router = APIRouter(prefix="/console/desk/callbacks", include_in_schema=False)
State = Literal["open", "settled"]
Line = Annotated[str, Form(max_length=1000)]


@router.get("")
async def callbacks(
    request: Request, context: ContextDep, staff: AgentDep, state: State = "open",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    return await _list(request, context, staff, state, page)


@router.post("/{callback_id}/reveal")
async def reveal(
    request: Request, context: ContextDep, staff: AgentDep, _: FormOf, callback_id: int, reason: Line = ""
) -> Response:
    try:
        phone = await run_sync(context.desk.callbacks.reveal, callback_id, staff.name, reason)
    except (Conflict, InvalidInput) as error:
        return await _list(request, context, staff, "open", 1, error)
    return await _list(request, context, staff, "open", 1, phone=(callback_id, phone))


@router.post("/{callback_id}/settle")
async def settle(
    request: Request, context: ContextDep, staff: AgentDep, _: FormOf, callback_id: int,
    done: Annotated[Literal["done", "failed"], Form()], note: Line = "",
) -> Response:
    try:
        await run_sync(lambda: context.desk.callbacks.settle(callback_id, staff.name, done=done == "done", note=note))
    except (Conflict, InvalidInput) as error:
        return await _list(request, context, staff, "open", 1, error)
    return see_other("/console/desk/callbacks")


async def _list(
    request: Request, context: Context, staff: Staff, state: State, page: int, error: ISeeError | None = None,
    phone: tuple[int, str] | None = None,
) -> Response:
    found, more = await run_sync(context.desk.callbacks.page, state, page, PAGE_SIZE)
    return desk_page(
        request, "desk/callbacks.html", error, staff=staff, callbacks=found, more=more, page=page, state=state,
        phone=phone)
