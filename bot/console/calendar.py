"""The offices' calendar at the console: extra days off, working Saturdays, with who and why."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.rendering import console_page, see_other
from bot.console.session import FormOf, SetupDep
from bot.context import Context
from common.clock import local_date
from common.errors import InvalidInput

__all__ = ["router"]

router = APIRouter(prefix="/console/calendar", include_in_schema=False)


@router.get("")
async def show(request: Request, context: ContextDep, staff: SetupDep, moved: int = 0) -> Response:
    return await _page(request, context, staff, moved=moved)


@router.post("")
async def change(
    request: Request,
    context: ContextDep,
    staff: SetupDep,
    _: FormOf,
    day: Annotated[str, Form(max_length=10)] = "",
    kind: Annotated[str, Form(max_length=10)] = "",
    reason: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    calendar = context.dossiers.calendar
    try:
        moved = await run_sync(lambda: calendar.change(_day(day), kind, reason=reason, actor=staff.name))
    except InvalidInput as error:
        given = {"day": day, "kind": kind, "reason": reason}
        return await _page(request, context, staff, error, given=given)
    return see_other(f"/console/calendar?moved={moved}")


async def _page(
    request: Request, context: Context, staff: Staff, error: InvalidInput | None = None, *, moved: int = 0,
    given: dict[str, str] | None = None,
) -> Response:
    calendar = context.dossiers.calendar
    return console_page(
        request, "calendar.html", status=error.status if error else 200, staff=staff, given=given or {}, moved=moved,
        coming=await run_sync(lambda: calendar.coming(local_date())), changes=await run_sync(calendar.changes),
        problem=error.detail if error else "")


def _day(text: str) -> date:
    """Raises InvalidInput for what is no date."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("Chọn ngày trong ô lịch.", field="day") from error
