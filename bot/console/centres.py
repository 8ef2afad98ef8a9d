"""Centres, points and street names at the console: what citizens are told of them."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from actions.centres.editing import Facts
from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.rendering import console_page, see_other
from bot.console.session import FormOf, SetupDep
from bot.context import Context
from common.errors import InvalidInput

__all__ = ["router"]

router = APIRouter(prefix="/console/centres", include_in_schema=False)
Text = Annotated[str, Form(max_length=600)]


def _facts(
    name: Text = "", address: Text = "", lat: Text = "", lon: Text = "", hours: Text = "", phone: Text = "",
    takes: Text = "", valid_from: Text = "", valid_to: Text = "",
) -> Facts:
    return Facts(name, address, lat, lon, hours, phone, takes, valid_from, valid_to)


FactsDep = Annotated[Facts, Depends(_facts)]


@router.get("")
async def all_points(request: Request, context: ContextDep, staff: SetupDep) -> Response:
    return await _list(request, context, staff)


@router.post("")
async def add(
    request: Request, context: ContextDep, staff: SetupDep, _: FormOf, facts: FactsDep, kind: Text = "",
    commune: Text = "",
) -> Response:
    """A postal point or a special zone's point."""
    editor = context.dossiers.centres.editor
    try:
        point = await run_sync(lambda: editor.add(kind, commune, facts, staff.name))
    except InvalidInput as error:
        return await _list(request, context, staff, error, given={"kind": kind, "commune": commune, "facts": facts})
    return see_other(f"/console/centres/{point.id}?saved=1")


@router.get("/names")
async def names(request: Request, context: ContextDep, staff: SetupDep) -> Response:
    return await _names(request, context, staff)


@router.post("/names")
async def add_name(
    request: Request, context: ContextDep, staff: SetupDep, _: FormOf, name: Text = "", commune: Text = "",
    detail: Text = "",
) -> Response:
    aliases = context.dossiers.centres.aliases
    try:
        await run_sync(lambda: aliases.add(name, commune, detail, staff.name))
    except InvalidInput as error:
        given = {"name": name, "commune": commune, "detail": detail}
        return await _names(request, context, staff, error, given=given)
    return see_other("/console/centres/names")


@router.post("/names/{alias_id}/remove")
async def remove_name(context: ContextDep, staff: SetupDep, _: FormOf, alias_id: int) -> Response:
    await run_sync(context.dossiers.centres.aliases.remove, alias_id)
    return see_other("/console/centres/names")


@router.get("/{point_id}")
async def one(request: Request, context: ContextDep, staff: SetupDep, point_id: str, saved: int = 0) -> Response:
    return await _edit(request, context, staff, point_id, saved=bool(saved))


@router.post("/{point_id}")
async def save(
    request: Request, context: ContextDep, staff: SetupDep, _: FormOf, point_id: str, facts: FactsDep
) -> Response:
    try:
        await run_sync(lambda: context.dossiers.centres.editor.save(point_id, facts, staff.name))
    except InvalidInput as error:
        return await _edit(request, context, staff, point_id, error, facts=facts)
    return see_other(f"/console/centres/{point_id}?saved=1")


async def _list(
    request: Request, context: Context, staff: Staff, error: InvalidInput | None = None,
    given: dict[str, object] | None = None,
) -> Response:
    room = context.dossiers.centres
    offering = {point.id for point in await run_sync(context.dossiers.appointments.timetable.offering)}
    return console_page(
        request, "centres.html", status=error.status if error else 200, problem=error.detail if error else "",
        staff=staff, points=await run_sync(lambda: room.directory.points(every=True)), units=room.names.units,
        offering=offering, given=given or {})


async def _edit(
    request: Request, context: Context, staff: Staff, point_id: str, error: InvalidInput | None = None, *,
    facts: Facts | None = None, saved: bool = False,
) -> Response:
    room = context.dossiers.centres
    point = await run_sync(lambda: room.directory.point(point_id, every=True))
    return console_page(
        request, "centres_point.html", status=error.status if error else 200, problem=error.detail if error else "",
        staff=staff, point=point, facts=facts or point, saved=saved, usual=context.settings.office_hours)


async def _names(
    request: Request, context: Context, staff: Staff, error: InvalidInput | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    room = context.dossiers.centres
    return console_page(
        request, "centres_names.html", status=error.status if error else 200, problem=error.detail if error else "",
        staff=staff, names=await run_sync(room.aliases.all), units=room.names.units, given=given or {})
