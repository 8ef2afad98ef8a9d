"""Appointments at the console: the day's list, who came, and the weekly timetable of each point."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from actions.appointments.setup import Span
from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.rendering import console_page, see_other
from bot.console.session import AssistantDep, FormOf, OfficerDep
from bot.context import Context
from common.clock import local_date, local_now
from common.errors import Conflict, InvalidInput, ISeeError

__all__ = ["router"]

router = APIRouter(prefix="/console/appointments", include_in_schema=False)
Short = Annotated[str, Form(max_length=20)]
Count = Annotated[int, Form(ge=0, le=1000)]


@router.get("")
async def points(request: Request, context: ContextDep, staff: AssistantDep) -> Response:
    """The points that offer appointments."""
    found = await run_sync(context.dossiers.appointments.timetable.offering)
    return console_page(request, "appointments.html", staff=staff, points=found, today=local_date())


@router.get("/{point_id}")
async def day(
    request: Request, context: ContextDep, staff: AssistantDep, point_id: str, day: str = "", off: int = 0,
    unreached: Annotated[str, Query(max_length=600)] = "",
) -> Response:
    return await _day(request, context, staff, point_id, day, off=off, unreached=unreached)


@router.post("/{point_id}/mark")
async def mark(
    request: Request, context: ContextDep, staff: AssistantDep, _: FormOf, point_id: str, number: Short, state: Short,
    day: Short = "",
) -> Response:
    """Came, or did not."""
    setup = context.dossiers.appointments.setup
    try:
        await run_sync(setup.mark, point_id, number, state, staff.name)
    except Conflict as error:
        return await _day(request, context, staff, point_id, day, error)
    return see_other(f"/console/appointments/{point_id}?day={_read(day) or local_date()}")


@router.post("/{point_id}/cancel")
async def cancel(
    request: Request, context: ContextDep, staff: AssistantDep, _: FormOf, point_id: str, day: Short = "",
    number: Short = "", reason: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Calls one appointment off, or all of the day that are still to come; the citizens are told why."""
    room = context.dossiers.appointments
    chosen = _read(day) or local_date()
    try:
        off = await run_sync(room.calling_off.call_off, point_id, chosen, reason, staff.name, number)
    except (Conflict, InvalidInput) as error:
        return await _day(request, context, staff, point_id, day, error, given=reason)
    told = urlencode({"day": chosen, "off": len(off.numbers), "unreached": ", ".join(off.unreached)})
    return see_other(f"/console/appointments/{point_id}?{told}")


@router.get("/{point_id}/setup")
async def timetable(
    request: Request, context: ContextDep, staff: OfficerDep, point_id: str, standing: int = 0
) -> Response:
    return await _setup(request, context, staff, point_id, standing=standing)


@router.post("/{point_id}/template")
async def add_template(
    request: Request, context: ContextDep, staff: OfficerDep, _: FormOf, point_id: str,
    weekday: Annotated[list[int] | None, Form()] = None, opens: Short = "", closes: Short = "", minutes: Count = 0,
    capacity: Count = 0, valid_from: Short = "", valid_to: Short = "",
) -> Response:
    setup = context.dossiers.appointments.setup
    span = Span(opens, closes, minutes, capacity)
    try:
        await run_sync(lambda: setup.add_template(
            point_id, weekday or [], span, staff.name, _read(valid_from), _read(valid_to)))
    except InvalidInput as error:
        return await _setup(request, context, staff, point_id, error, span=span, weekdays=weekday or [])
    return see_other(f"/console/appointments/{point_id}/setup")


@router.post("/{point_id}/template/{template_id}/remove")
async def remove_template(
    context: ContextDep, staff: OfficerDep, _: FormOf, point_id: str, template_id: int
) -> Response:
    await run_sync(context.dossiers.appointments.setup.remove_template, point_id, template_id)
    return see_other(f"/console/appointments/{point_id}/setup")


@router.post("/{point_id}/exception")
async def add_exception(
    request: Request, context: ContextDep, staff: OfficerDep, _: FormOf, point_id: str, day: Short = "",
    opens: Short = "", closes: Short = "", minutes: Count = 0, capacity: Count = 0,
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """A day without appointments, or with other hours."""
    room = context.dossiers.appointments
    span = Span(opens, closes, minutes, capacity) if opens or closes else None

    def work() -> int:
        chosen = _read(day)
        if chosen is None:
            raise InvalidInput(room.texts.render("problem.day"), field="day")
        return room.setup.add_exception(point_id, chosen, span, reason, staff.name)

    try:
        standing = await run_sync(work)
    except InvalidInput as error:
        return await _setup(request, context, staff, point_id, error)
    return see_other(f"/console/appointments/{point_id}/setup?standing={standing}")


@router.post("/{point_id}/exception/{exception_id}/remove")
async def remove_exception(
    context: ContextDep, staff: OfficerDep, _: FormOf, point_id: str, exception_id: int
) -> Response:
    await run_sync(context.dossiers.appointments.setup.remove_exception, point_id, exception_id)
    return see_other(f"/console/appointments/{point_id}/setup")


async def _day(
    request: Request, context: Context, staff: Staff, point_id: str, day: str, error: ISeeError | None = None, *,
    off: int = 0, unreached: str = "", given: str = "",
) -> Response:
    room = context.dossiers.appointments
    chosen = _read(day) or local_date()
    return console_page(
        request, "appointments_day.html", status=error.status if error else 200,
        problem=error.detail if error else "", staff=staff, day=chosen, today=local_date(),
        off=off, unreached=unreached, given=given, now=local_now(),
        point=await run_sync(lambda: context.dossiers.centres.directory.point(point_id, every=True)),
        entries=await run_sync(room.setup.day, point_id, chosen))


async def _setup(
    request: Request, context: Context, staff: Staff, point_id: str, error: ISeeError | None = None, *,
    span: Span | None = None, weekdays: list[int] | None = None, standing: int = 0,
) -> Response:
    setup = context.dossiers.appointments.setup
    return console_page(
        request, "appointments_setup.html", status=error.status if error else 200,
        problem=error.detail if error else "", staff=staff, span=span, weekdays=weekdays or [], standing=standing,
        point=await run_sync(lambda: context.dossiers.centres.directory.point(point_id, every=True)),
        templates=await run_sync(setup.templates, point_id), exceptions=await run_sync(setup.exceptions, point_id))


def _read(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
