"""Change recall: what changed lately, who was told the old, and the correction that is drafted, approved and said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.rendering import console_page, see_other
from bot.console.session import CuratorDep, FormOf
from bot.context import Context
from bot.recall.service import DAYS, seal
from common.errors import Conflict, InvalidInput, ISeeError

__all__ = ["router"]

router = APIRouter(prefix="/console/recall", include_in_schema=False)
_EACH = 50
_RECENT_DAYS = 90
Page = Annotated[int, Query(ge=1, le=1000)]


@router.get("")
async def recalls(
    request: Request, context: ContextDep, staff: CuratorDep, page: Page = 1, changes: Page = 1
) -> Response:
    """Changes of the last months and the corrections made so far, each list with its own pages."""
    changed = (await run_sync(context.recalls.recent, _RECENT_DAYS))[(changes - 1) * _EACH:]
    made, more = await run_sync(context.recalls.list, page)
    return console_page(
        request, "recall/list.html", staff=staff, changed=changed[:_EACH], changes=changes, others=len(changed) > _EACH,
        made=made, page=page, more=more)


@router.get("/guide/{code}")
async def of_guide(
    request: Request,
    context: ContextDep,
    staff: CuratorDep,
    code: str,
    before: Annotated[int, Query(ge=1)],
    after: Annotated[int, Query(ge=1)],
    days: int = DAYS[1],
    page: Page = 1,
) -> Response:
    return await _guide(request, context, staff, code, before, after, days, page)


@router.post("/guide/{code}")
async def draft(
    request: Request,
    context: ContextDep,
    staff: CuratorDep,
    _: FormOf,
    code: str,
    before: Annotated[int, Form(ge=1)],
    after: Annotated[int, Form(ge=1)],
    days: Annotated[int, Form()] = DAYS[1],
) -> Response:
    try:
        number = await run_sync(lambda: context.recalls.draft(code, before, after, days, actor=staff.name))
    except (Conflict, InvalidInput) as error:
        return await _guide(request, context, staff, code, before, after, days, 1, error)
    return see_other(f"/console/recall/{number}")


@router.get("/{number}")
async def show(request: Request, context: ContextDep, staff: CuratorDep, number: int, page: Page = 1) -> Response:
    return await _show(request, context, staff, number, page)


@router.post("/{number}")
async def change(
    request: Request,
    context: ContextDep,
    staff: CuratorDep,
    _: FormOf,
    number: int,
    text: Annotated[str, Form(max_length=20_000)] = "",
    seen: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    return await _do(request, context, staff, number, text, lambda: context.recalls.change(
        number, text, seen=seen, actor=staff.name))


@router.post("/{number}/approve")
async def approve(
    request: Request,
    context: ContextDep,
    staff: CuratorDep,
    _: FormOf,
    number: int,
    seen: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    return await _do(request, context, staff, number, "", lambda: context.recalls.approve(
        number, seen=seen, actor=staff.name))


@router.post("/{number}/cancel")
async def cancel(request: Request, context: ContextDep, staff: CuratorDep, _: FormOf, number: int) -> Response:
    return await _do(request, context, staff, number, "", lambda: context.recalls.cancel(number, actor=staff.name))


async def _do(
    request: Request, context: Context, staff: Staff, number: int, typed: str, work: Callable[[], object]
) -> Response:
    try:
        await run_sync(work)
    except (Conflict, InvalidInput) as error:
        return await _show(request, context, staff, number, 1, error, typed)
    return see_other(f"/console/recall/{number}")


async def _guide(
    request: Request,
    context: Context,
    staff: Staff,
    code: str,
    before: int,
    after: int,
    days: int,
    page: int,
    error: ISeeError | None = None,
) -> Response:
    chosen = days if days in DAYS else DAYS[1]
    changes = await run_sync(context.recalls.between, code, before, after)
    found, problem = None, error.detail if error else ""
    try:
        fields = [change.field for change in changes]
        found = await run_sync(lambda: context.recalls.found(code, after, fields, chosen, page, _EACH))
    except Conflict as moved:
        problem = moved.detail
    published = context.knowledge_base.get(code)
    versions = [each for each in await run_sync(context.knowledge_base.history, code) if each.version < after]
    return console_page(
        request, "recall/guide.html", versions=versions, staff=staff, code=code,
        title=published.guide.name if published else code, before=before, after=after, days=chosen, choices=DAYS,
        changes=changes, found=found, page=page, more=bool(found and found.count > page * _EACH),
        status=error.status if error else 200, problem=problem)


async def _show(
    request: Request,
    context: Context,
    staff: Staff,
    number: int,
    page: int,
    error: ISeeError | None = None,
    typed: str = "",
) -> Response:
    row = await run_sync(context.recalls.get, number)
    changes = await run_sync(context.recalls.between, row.code, row.from_version, row.to_version)
    found, problem = None, error.detail if error else ""
    if row.state == "draft":
        try:
            found = await run_sync(
                lambda: context.recalls.found(row.code, row.to_version, row.fields, row.days, page, _EACH))
        except Conflict as moved:
            problem = problem or moved.detail
    published = context.knowledge_base.get(row.code)
    return console_page(
        request, "recall/recall.html", staff=staff, recall=row, title=published.guide.name if published else row.code,
        changes=changes, found=found, seen=seal(row), typed=typed or row.text, page=page,
        more=bool(found and found.count > page * _EACH), status=error.status if error else 200, problem=problem)
