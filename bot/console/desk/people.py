"""Who is at the desk, and how many conversations each is given at once."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.areas import ALLOWED, Area
from bot.console.desk.views import desk_page, paged
from bot.console.rendering import see_other
from bot.console.session import AgentDep, FormOf, ManagerDep
from bot.context import Context
from common.errors import InvalidInput, ISeeError

__all__ = ["router"]

router = APIRouter(prefix="/console/desk/people", include_in_schema=False)


@router.get("")
async def people(
    request: Request, context: ContextDep, staff: AgentDep, page: Annotated[int, Query(ge=1, le=10_000)] = 1
) -> Response:
    return await _page(request, context, staff, page=page)


@router.post("")
async def bound(
    request: Request, context: ContextDep, staff: ManagerDep, _: FormOf, name: Annotated[str, Form(max_length=64)],
    capacity: Annotated[str, Form(max_length=4)] = "",
) -> Response:
    """A number of conversations for one person; empty: the setting's."""
    try:
        wanted = int(capacity) if capacity.strip() else None
        await run_sync(context.desk.presence.bound, name, wanted, staff.name)
    except (InvalidInput, ValueError) as error:
        shown = error if isinstance(error, ISeeError) else InvalidInput(
            context.desk.texts.render("problem.capacity", most=50), field="capacity")
        return await _page(request, context, staff, shown)
    return see_other("/console/desk/people")


async def _page(
    request: Request, context: Context, staff: Staff, error: ISeeError | None = None, page: int = 1
) -> Response:
    found = await run_sync(context.desk.presence.everybody)
    shown, more = paged(found, page)
    titles = await run_sync(context.accounts.people.titles, [one.name for one in shown])
    return desk_page(
        request, "desk/people.html", error, staff=staff, people=shown, titles=titles, more=more, page=page,
        usual=context.desk.presence.capacity, may_change=staff.role in ALLOWED[Area.STEERING])
