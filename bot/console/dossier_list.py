"""The officers' list of dossiers: narrowed down, taken and handed over; the workload."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from actions.dossiers.registry.desk import DossierFilter, Due
from bot.access.model import Role, Staff
from bot.api.deps import ContextDep
from bot.console.rendering import console_page, see_other
from bot.console.session import FormOf, OfficerDep
from bot.context import Context
from common.errors import Conflict, InvalidInput, ISeeError

__all__ = ["router"]

router = APIRouter(prefix="/console/dossiers", include_in_schema=False)
_A_PAGE = 50
Word = Annotated[str, Query(max_length=64)]


def _filter(
    state: Word = "", centre: Word = "", procedure: Word = "", officer: Word = "", due: Due = "", q: Word = "",
    all: bool = False,
) -> DossierFilter:
    """Without a state, and unless all are asked for, only what is still to do."""
    return DossierFilter(state, centre, procedure, officer, due, q, open_only=not (all or state or q))


FilterDep = Annotated[DossierFilter, Depends(_filter)]


@router.get("")
async def listed(
    request: Request,
    context: ContextDep,
    staff: OfficerDep,
    wanted: FilterDep,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Late ones first, then by due date."""
    return await _list(request, context, staff, wanted, page)


@router.get("/workload")
async def workload(request: Request, context: ContextDep, staff: OfficerDep) -> Response:
    return console_page(
        request, "dossiers/workload.html", staff=staff, loads=await run_sync(context.dossiers.desk.workload),
        centres=_centres(context))


@router.post("/assign")
async def assign(
    request: Request,
    context: ContextDep,
    staff: OfficerDep,
    _: FormOf,
    code: Annotated[list[str] | None, Form(max_length=48)] = None,
    to: Annotated[str, Form(max_length=64)] = "",
    back: Annotated[str, Form(max_length=600)] = "",
) -> Response:
    """Hands the ticked dossiers to an officer, to oneself, or to nobody."""
    try:
        await _hand_over(context, code or [], to, staff)
    except (Conflict, InvalidInput) as error:
        return await _list(request, context, staff, DossierFilter(open_only=True), 1, error)
    return see_other("/console/dossiers" + (f"?{back}" if back else ""))


@router.post("/{code}/take")
async def take(
    context: ContextDep, staff: OfficerDep, _: FormOf, code: str,
    seen: Annotated[str, Form(max_length=64)] = "",
    to: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Takes one dossier, or hands it over; refused where it changed hands since the page was shown."""
    await _hand_over(context, [code], to, staff, seen)
    return see_other(f"/console/dossiers/{code}")


async def _hand_over(
    context: Context, codes: list[str], to: str, staff: Staff, seen: str | None = None
) -> None:
    """Raises InvalidInput where `to` is no officer, Conflict where a dossier is no longer with whom `seen` says."""
    if to and to not in await run_sync(_officers, context):
        raise InvalidInput("Không có cán bộ này trong nhóm giải quyết hồ sơ.", field="to")
    await run_sync(lambda: context.dossiers.desk.assign(codes, to, by=staff.name, seen=seen))


async def _list(
    request: Request, context: Context, staff: Staff, wanted: DossierFilter, page: int, error: ISeeError | None = None
) -> Response:
    given = {name: value for name, value in request.query_params.items() if name != "page" and value}
    desk = context.dossiers.desk
    found = await run_sync(desk.listed, wanted, _A_PAGE + 1, (page - 1) * _A_PAGE)
    narrowed = DossierFilter(centre=wanted.centre, procedure=wanted.procedure, officer=wanted.officer)
    return console_page(
        request, "dossiers/list.html", status=error.status if error else 200, staff=staff,
        dossiers=found[:_A_PAGE], more=len(found) > _A_PAGE, page=page, wanted=wanted, query=urlencode(given),
        states=context.dossiers.registry.states, counted=await run_sync(desk.counted, narrowed),
        procedures=await run_sync(desk.procedures), centres=_centres(context),
        officers=await run_sync(_officers, context), problem=error.detail if error else "")


def _centres(context: Context) -> dict[str, str]:
    """Id → name of every centre, as its commune is called."""
    return {unit.code: unit.said for unit in context.dossiers.centres.names.units}


def _officers(context: Context) -> list[str]:
    return [name for name, role in context.accounts.names() if role in (Role.OFFICER, Role.ADMIN)]
