"""Booking, moving and cancelling an appointment on pages: for a dossier, or for a conversation that asked in chat."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Path, Query, Request
from starlette.responses import Response

from actions.appointments.booking import Appointment, Matter
from actions.appointments.contact import read_contact
from actions.centres.acceptance import accepts
from bot.api.deps import ContextDep
from bot.context import Context
from bot.pages.dossier import LinkedCode
from bot.pages.rendering import PageRoute, SameSite, go, page, post_or_again
from common.clock import LOCAL
from common.errors import Conflict, InvalidInput, ISeeError

__all__ = ["router"]

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Centre = Annotated[str, Query(max_length=32)]
Day = Annotated[str, Query(max_length=10)]
Token = Annotated[str, Path(max_length=400)]
Short = Annotated[str, Form(max_length=40)]
Name = Annotated[str, Form(max_length=200)]
Tick = Annotated[str, Form(max_length=4)]


@router.get("/dossiers/{token}/appointment")
async def for_dossier(
    request: Request, context: ContextDep, code: LinkedCode, token: str, centre: Centre = "", day: Day = ""
) -> Response:
    """The dossier's appointment, or the choice of one."""
    room = context.dossiers.appointments
    booked = await run_sync(room.bookings.of_dossier, code)
    if booked:
        return go(room.wording.path(booked))
    status = await run_sync(context.dossiers.registry.status, code)
    matter = Matter(code, status.procedure_code, status.procedure)
    return await _choose(request, context, f"/dossiers/{token}/appointment", matter, centre, day)


@router.post("/dossiers/{token}/appointment", dependencies=[SameSite])
async def book_for_dossier(
    request: Request, context: ContextDep, code: LinkedCode, token: str, centre: Short = "", starts_at: Short = "",
    key: Short = "", name: Name = "", phone: Short = "", consent: Tick = "", remind: Tick = "",
) -> Response:
    room = context.dossiers.appointments
    status = await run_sync(context.dossiers.registry.status, code)
    matter = Matter(code, status.procedure_code, status.procedure)

    def work() -> Appointment:
        contact = read_contact(room.texts, name, phone, consent == "yes")
        start = _moment(context, starts_at)
        return room.bookings.book_linked(code, centre, start, key, contact, remind=remind == "yes")

    path = f"/dossiers/{token}/appointment"
    return await _booked(request, context, work, path, matter, centre, starts_at, {"name": name, "phone": phone})


@router.get("/appointments/new/{token}")
async def new(request: Request, context: ContextDep, token: Token, centre: Centre = "", day: Day = "") -> Response:
    """The choice for a conversation, from a link that it was given."""
    _, procedure = context.dossiers.appointments.wording.opened_new(token)
    return await _choose(
        request, context, f"/appointments/new/{token}", _matter(context, procedure), centre, day)


@router.post("/appointments/new/{token}", dependencies=[SameSite])
async def book_new(
    request: Request, context: ContextDep, token: Token, centre: Short = "", starts_at: Short = "", key: Short = "",
    name: Name = "", phone: Short = "", consent: Tick = "", remind: Tick = "",
) -> Response:
    room = context.dossiers.appointments
    conversation, procedure = room.wording.opened_new(token)
    matter = _matter(context, procedure)

    def work() -> Appointment:
        contact = read_contact(room.texts, name, phone, consent == "yes")
        start = _moment(context, starts_at)
        return room.bookings.book(conversation, centre, start, key, matter, contact, remind=remind == "yes")

    path = f"/appointments/new/{token}"
    return await _booked(request, context, work, path, matter, centre, starts_at, {"name": name, "phone": phone})


@router.get("/appointments/{token}")
async def show(request: Request, context: ContextDep, token: Token, done: str = "") -> Response:
    return await _show(request, context, token, done=done)


@router.get("/appointments/{token}/calendar.ics")
async def calendar(context: ContextDep, token: Token) -> Response:
    room = context.dossiers.appointments
    content = await run_sync(lambda: room.wording.file(room.bookings.get(room.wording.opened(token))))
    headers = {"Content-Disposition": 'attachment; filename="lich-hen.ics"', "Cache-Control": "no-store"}
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


@router.get("/appointments/{token}/move")
async def choose_move(
    request: Request, context: ContextDep, token: Token, centre: Centre = "", day: Day = ""
) -> Response:
    booked = await _opened(context, token)
    path = f"/appointments/{token}/move"
    return await _choose(request, context, path, booked.matter, centre or booked.point_id, day, moving=booked)


@router.post("/appointments/{token}/move", dependencies=[SameSite])
async def move(
    request: Request, context: ContextDep, token: Token, centre: Short = "", starts_at: Short = ""
) -> Response:
    booked = await _opened(context, token)
    bookings = context.dossiers.appointments.bookings
    try:
        moved = await run_sync(lambda: bookings.move(booked.id, centre, _moment(context, starts_at)))
    except (Conflict, InvalidInput) as error:
        path = f"/appointments/{token}/move"
        return await _choose(
            request, context, path, booked.matter, centre, starts_at[:10], moving=booked, error=error)
    return go(f"{context.dossiers.appointments.wording.path(moved)}?done=moved")


@router.post("/appointments/{token}/cancel", dependencies=[SameSite])
async def cancel(request: Request, context: ContextDep, token: Token) -> Response:
    booked, bookings = await _opened(context, token), context.dossiers.appointments.bookings
    return await _changed(request, context, token, "cancelled", lambda: bookings.cancel(booked.id))


@router.post("/appointments/{token}/remind", dependencies=[SameSite])
async def remind(request: Request, context: ContextDep, token: Token) -> Response:
    booked, bookings = await _opened(context, token), context.dossiers.appointments.bookings
    return await _changed(request, context, token, "remind", lambda: bookings.wish_reminder(booked.id))


async def _changed(
    request: Request, context: Context, token: str, done: str, act: Callable[[], Appointment]
) -> Response:
    return await post_or_again(
        act, lambda _: f"/appointments/{token}?done={done}", lambda error: _show(request, context, token, error=error))


async def _opened(context: Context, token: str) -> Appointment:
    room = context.dossiers.appointments
    return await run_sync(lambda: room.bookings.get(room.wording.opened(token)))


async def _show(
    request: Request, context: Context, token: str, *, done: str = "", error: ISeeError | None = None
) -> Response:
    booked = await _opened(context, token)
    room = context.dossiers.appointments
    point = await run_sync(lambda: context.dossiers.centres.directory.point(booked.point_id, every=True))
    return page(
        request, "appointment/show.html", status=error.status if error else 200, problem=error.detail if error else "",
        appointment=booked, point=point, token=token, done=done, when=room.wording.when(booked.starts_at),
        state=room.texts.render(f"state.{booked.state}"), over=booked.starts_at <= datetime.now(LOCAL))


async def _booked(
    request: Request, context: Context, work: Callable[[], Appointment], path: str, matter: Matter, centre: str,
    starts_at: str, given: dict[str, str],
) -> Response:
    """To the appointment's page; what is wrong is said above the form, which keeps what was typed."""
    try:
        booked = await run_sync(work)
    except (Conflict, InvalidInput) as error:
        return await _choose(
            request, context, path, matter, centre, starts_at[:10], error=error, given={**given, "start": starts_at})
    return go(f"{context.dossiers.appointments.wording.path(booked)}?done=booked")


async def _choose(
    request: Request, context: Context, path: str, matter: Matter, centre: str, day: str, *,
    moving: Appointment | None = None, error: ISeeError | None = None, given: dict[str, str] | None = None,
) -> Response:
    """Centre, then day, then time: one page each, with links back; plain links and one form."""

    def work() -> dict[str, Any]:
        room = context.dossiers.appointments
        points = room.timetable.offering()
        point = next((one for one in points if one.id == centre), points[0] if len(points) == 1 else None)
        days = room.timetable.days(point) if point else []
        chosen = next((one for one, _ in days if one.isoformat() == day), None)
        slots = room.timetable.slots(point, chosen) if point and chosen else []
        return {
            "points": points, "point": point, "days": days, "day": chosen, "slots": slots,
            "refused": _refused(context, matter), "weekday": room.wording.weekday_title,
            "consent": room.texts.render("consent.text"),
            "when": room.wording.when(moving.starts_at) if moving else "",
        }  # fmt: skip

    return page(
        request, "appointment/choose.html", status=error.status if error else 200,
        problem=error.detail if error else "", path=path, matter=matter, moving=moving, given=given or {},
        key=secrets.token_urlsafe(12), **await run_sync(work))


def _refused(context: Context, matter: Matter) -> str:
    """Why the matter is not taken at centres; "" when it is, or nothing is known of it."""
    published = context.knowledge_base.get(matter.procedure_code) if matter.procedure_code else None
    if published is None:
        return ""
    found = accepts(published.guide)
    return "" if found.at_centre else context.dossiers.centres.wording.acceptance(found)


def _matter(context: Context, procedure: str) -> Matter:
    published = context.knowledge_base.get(procedure) if procedure else None
    return Matter("", procedure, published.guide.name) if published else Matter()


def _moment(context: Context, text: str) -> datetime:
    """The start as the form sends it: local time, or with its zone. Raises InvalidInput."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(context.dossiers.appointments.texts.render("problem.time"), field="starts_at") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)

