"""Switching the bot, a channel or a guide off and on, and telling everybody something for a time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Path, Query, Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.rendering import console_page, see_other
from bot.console.session import FormOf, ManagerDep
from bot.context import Context
from bot.switches.board import CHANNELS, Kind, Level, Switch
from common.clock import LOCAL, utc_now
from common.errors import Conflict, InvalidInput, ISeeError

__all__ = ["router"]

_PAGE = "/console/switches"
_SIZE = 50
router = APIRouter(prefix=_PAGE, include_in_schema=False)
Text = Annotated[str, Form(max_length=2000)]
Moment = Annotated[str, Form(max_length=30)]
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("")
async def switches(
    request: Request,
    context: ContextDep,
    staff: ManagerDep,
    guide: Annotated[str, Query(max_length=60)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    return await _page(request, context, staff, given={"target": guide, "kind": "guide" if guide else ""}, page=page)


@router.post("")
async def switch_off(
    request: Request,
    context: ContextDep,
    staff: ManagerDep,
    _: FormOf,
    what: Annotated[str, Form(max_length=20)] = "",
    target: Annotated[str, Form(max_length=60)] = "",
    reason: Text = "",
    until: Moment = "",
) -> Response:
    """`what` is bot, guide (with its code in `target`) or channel:web."""
    given = {"what": what, "target": target, "reason": reason, "until": until}
    try:
        kind, wanted = await run_sync(_wanted, context, what, target.strip())
        ends = _moment(until, "until") if until else None
        await run_sync(lambda: context.switches.off(kind, wanted, reason, staff.name, ends))
    except (InvalidInput, Conflict) as error:
        return await _page(request, context, staff, error, given)
    return see_other(_PAGE)


@router.post("/{switch_id}/on")
async def switch_on(request: Request, context: ContextDep, staff: ManagerDep, _: FormOf, switch_id: Id) -> Response:
    try:
        await run_sync(context.switches.on, switch_id, staff.name)
    except Conflict as error:
        return await _page(request, context, staff, error)
    return see_other(_PAGE)


@router.post("/notices")
async def announce(
    request: Request,
    context: ContextDep,
    staff: ManagerDep,
    _: FormOf,
    level: Annotated[str, Form(max_length=12)] = "",
    text: Text = "",
    starts_at: Moment = "",
    ends_at: Moment = "",
) -> Response:
    given = {"level": level, "text": text, "starts_at": starts_at, "ends_at": ends_at}
    try:
        if level not in set(Level):
            raise InvalidInput("Vui lòng chọn mức của thông báo.", field="level")
        begins = _moment(starts_at, "starts_at") if starts_at else utc_now()
        ends = _moment(ends_at, "ends_at")
        await run_sync(lambda: context.switches.announce(Level(level), text, begins, ends, staff.name))
    except InvalidInput as error:
        return await _page(request, context, staff, error, given)
    return see_other(_PAGE)


@router.post("/notices/{notice_id}/end")
async def withdraw(request: Request, context: ContextDep, staff: ManagerDep, _: FormOf, notice_id: Id) -> Response:
    try:
        await run_sync(context.switches.withdraw, notice_id, staff.name)
    except Conflict as error:
        return await _page(request, context, staff, error)
    return see_other(_PAGE)


def _wanted(context: Context, what: str, target: str) -> tuple[Kind, str]:
    """What is to be switched off. Raises InvalidInput where it isn't said, or there is no such guide."""
    kind, _, channel = what.partition(":")
    if kind not in set(Kind):
        raise InvalidInput("Vui lòng chọn mục cần tạm ngừng.", field="what")
    if kind != Kind.GUIDE:
        return Kind(kind), channel
    if context.knowledge_base.get(target) is None:
        raise InvalidInput("Không có hướng dẫn mang mã này. Mã có dạng 1.001193.", field="target")
    return Kind.GUIDE, target


def _moment(text: str, field: str) -> datetime:
    """A moment as browsers send it, in Vietnam's time. Raises InvalidInput."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=LOCAL)
    except ValueError:
        raise InvalidInput("Vui lòng nhập ngày giờ, ví dụ 24/11/2026 08:00.", field=field) from None


async def _page(
    request: Request,
    context: Context,
    staff: Staff,
    error: ISeeError | None = None,
    given: dict[str, str] | None = None,
    page: int = 1,
) -> Response:
    def read() -> tuple[list[Switch], dict[str, str]]:
        past = list(context.switches.past(page, _SIZE))
        codes = {one.target for one in past if one.kind is Kind.GUIDE}
        found = {code: context.knowledge_base.get(code) for code in codes}
        return past, {code: known.guide.name for code, known in found.items() if known}

    past, names = await run_sync(read)
    now = utc_now()
    standing = await run_sync(lambda: [one for one in context.switches.standing() if one.holds(now)])
    return console_page(
        request, "switches/switches.html", status=error.status if error else 200,
        problem=error.detail if error else "", staff=staff, given=given or {}, standing=standing,
        past=[one for one in past[:_SIZE] if not one.holds(now)], more=len(past) > _SIZE, page=page, names=names,
        notices=await run_sync(context.switches.upcoming), channels=CHANNELS)
