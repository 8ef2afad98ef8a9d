"""Canned replies: everybody's and one's own."""

from __future__ import annotations

from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.desk.views import desk_page, paged
from bot.console.rendering import see_other
from bot.console.session import AgentDep, FormOf
from bot.context import Context
from bot.desk.canned import VARIABLES
from common.errors import Forbidden, InvalidInput, ISeeError, NotFound

__all__ = ["router"]

router = APIRouter(prefix="/console/desk/canned", include_in_schema=False)
Line = Annotated[str, Form(max_length=400)]
Page = Annotated[int, Query(ge=1, le=10_000)]


@router.get("")
async def canned(request: Request, context: ContextDep, staff: AgentDep, edit: int = 0, page: Page = 1) -> Response:
    return await _page(request, context, staff, edit, page=page)


@router.post("")
async def save(
    request: Request, context: ContextDep, staff: AgentDep, _: FormOf, canned_id: Annotated[int, Form()] = 0,
    title: Line = "", text: Annotated[str, Form(max_length=10_000)] = "", shared: Line = "",
) -> Response:
    try:
        await run_sync(lambda: context.desk.canned.save(canned_id, staff.name, title, text, shared=shared == "yes"))
    except (InvalidInput, Forbidden, NotFound) as error:
        typed = {"id": canned_id, "title": title, "text": text, "owner": "" if shared == "yes" else staff.name}
        return await _page(request, context, staff, canned_id, error, typed)
    return see_other("/console/desk/canned")


@router.post("/{canned_id}/remove")
async def remove(context: ContextDep, staff: AgentDep, _: FormOf, canned_id: int) -> Response:
    await run_sync(context.desk.canned.remove, canned_id, staff.name)
    return see_other("/console/desk/canned")


async def _page(
    request: Request, context: Context, staff: Staff, edit: int, error: ISeeError | None = None,
    typed: dict[str, Any] | None = None, page: int = 1,
) -> Response:
    found = await run_sync(context.desk.canned.of, staff.name)
    chosen = typed or next((one for one in found if one.id == edit), None)
    shown, more = paged(found, page)
    return desk_page(
        request, "desk/canned.html", error, staff=staff, canned=shown, more=more, page=page, chosen=chosen,
        variables=VARIABLES)
