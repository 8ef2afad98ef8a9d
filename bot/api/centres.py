"""Centres and points, open to everybody: by name, by location, their state now and their free slots."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse

from actions.appointments.schedule import Slot
from actions.centres.acceptance import accepts
from actions.centres.bundle import CentreRoom
from actions.centres.directory import Point, PointNear
from bot.api.deps import ContextDep
from bot.api.schemas import problems
from bot.gateway.texts import problem
from common.errors import InvalidInput, NotFound

__all__ = ["point_out", "router"]

router = APIRouter(prefix="/api/v1", tags=["centres"])
PointId = Annotated[str, Path(max_length=32, examples=["06673"])]


@router.get("/centres", responses=problems(422))
async def centres(
    context: ContextDep,
    q: Annotated[str, Query(max_length=200, description="A place by present or former name, street, or point.")] = "",
    lat: Annotated[float | None, Query(ge=-90, le=90)] = None,
    lon: Annotated[float | None, Query(ge=-180, le=180)] = None,
    count: Annotated[int, Query(ge=1, le=60)] = 60,
) -> JSONResponse:
    """Points for a name, or the nearest to a location. `divided` means that a former name now means several units."""
    room = context.dossiers.centres
    if (lat is None) != (lon is None):
        raise InvalidInput(room.texts.render("edit.place"), field="lat" if lat is None else "lon")
    body = await run_sync(_around, room, lat, lon, count) if lat is not None and lon is not None else await run_sync(
        _named, room, q, count)
    return JSONResponse(body)


@router.get("/centres/{point_id}", responses=problems(404))
async def centre(context: ContextDep, point_id: PointId) -> JSONResponse:
    """One point: what is known of it, whether it is open, whether it offers appointments."""
    room = context.dossiers.centres

    def work() -> dict[str, Any]:
        point = room.directory.point(point_id)
        offers = context.dossiers.appointments.timetable.offers(point)
        return {**point_out(room, point), "appointments": offers}

    return JSONResponse(await run_sync(work))


@router.get("/centres/{point_id}/slots", responses=problems(404, 422))
async def slots(context: ContextDep, point_id: PointId, day: Annotated[date | None, Query()] = None) -> JSONResponse:
    """Days with free seats, or the free slots of one day."""
    room, timetable = context.dossiers.centres, context.dossiers.appointments.timetable

    def work() -> dict[str, Any]:
        point = room.directory.point(point_id)
        if day is None:
            return {"days": [{"day": day.isoformat(), "free": free} for day, free in timetable.days(point)]}
        return {"day": day.isoformat(), "slots": [_slot_out(slot) for slot in timetable.slots(point, day)]}

    return JSONResponse(await run_sync(work))


@router.get("/procedures/{code}/centres", responses=problems(404))
async def where(context: ContextDep, code: Annotated[str, Path(max_length=60)]) -> JSONResponse:
    """Where a procedure can be handed in: at any centre, unless its guide says otherwise."""
    published = await run_sync(context.knowledge_base.get, code)
    if published is None:
        raise NotFound(problem("procedure"))
    found = accepts(published.guide)
    text = context.dossiers.centres.wording.acceptance(found)
    return JSONResponse({"where": found.where.name.lower(), "text": text, "places": list(found.places)})


def point_out(room: CentreRoom, point: Point, near: PointNear | None = None) -> dict[str, Any]:
    """A point as JSON; what nobody filled in is null."""
    state = room.directory.opening(point)
    body: dict[str, Any] = {
        "id": point.id,
        "kind": point.kind,
        "name": point.name,
        "commune": {"code": point.unit.code, "name": point.unit.name},
        "address": point.address or None,
        "lat": point.lat,
        "lon": point.lon,
        "hours": point.hours or None,
        "phone": point.phone or None,
        "takes": point.takes or None,
        "open": {
            "now": state.is_open,
            "closes": f"{state.closes:%H:%M}" if state.closes else None,
            "opens": state.opens.isoformat() if state.opens else None,
            "text": room.wording.opening(point),
        },
    }
    if near:
        way = near.travel
        body["travel"] = {
            "km": round(way.km, 1), "way": way.way, "minutes": way.minutes, "to_office": near.exact,
            "text": room.wording.far(near),
        }  # fmt: skip
    return body


def _around(room: CentreRoom, lat: float, lon: float, count: int) -> dict[str, Any]:
    if not room.directory.inside(lat, lon):
        return {"items": [], "message": room.texts.render("search.outside")}
    return {"items": [point_out(room, near.point, near) for near in room.directory.nearest(lat, lon, count)]}


def _named(room: CentreRoom, q: str, count: int) -> dict[str, Any]:
    found = room.finder.search(q)
    body: dict[str, Any] = {
        "items": [point_out(room, point) for point in found.points[:count]],
        "divided": found.divided,
        "message": room.wording.found(found, q),
    }
    return body


def _slot_out(slot: Slot) -> dict[str, Any]:
    return {
        "starts_at": slot.starts_at.isoformat(), "ends_at": slot.ends_at.isoformat(), "free": slot.free,
        "capacity": slot.capacity,
    }  # fmt: skip
