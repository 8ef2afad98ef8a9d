"""Where to hand a dossier in: list, search by present and former names, nearest by location, a page for each point."""

from __future__ import annotations

from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Path, Query, Request
from starlette.responses import Response

from actions.centres.bundle import CentreRoom
from actions.centres.directory import Point, PointNear
from bot.api.deps import ContextDep
from bot.pages.rendering import PageRoute, SameSite, page

__all__ = ["router"]

router = APIRouter(prefix="/centres", route_class=PageRoute, include_in_schema=False)
_NEAREST = 5


@router.get("")
async def find(request: Request, context: ContextDep, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    room = context.dossiers.centres

    def work() -> dict[str, Any]:
        found = room.finder.search(q)
        said = room.wording.found(found, q) if q.strip() else ""
        return {"said": said, "points": [_line(room, point) for point in found.points]}

    return page(request, "centres/list.html", q=q, nearest=False, **await run_sync(work))


@router.post("", dependencies=[SameSite])
async def nearest(
    request: Request,
    context: ContextDep,
    lat: Annotated[float, Form(ge=-90, le=90)],
    lon: Annotated[float, Form(ge=-180, le=180)],
) -> Response:
    """By location, posted so that it stands in no address; it is used once and kept nowhere."""
    room = context.dossiers.centres

    def work() -> dict[str, Any]:
        if not room.directory.inside(lat, lon):
            return {"said": room.texts.render("search.outside"), "points": []}
        found = room.directory.nearest(lat, lon, _NEAREST)
        return {"said": "", "points": [_line(room, near.point, near) for near in found]}

    return page(request, "centres/list.html", q="", nearest=True, **await run_sync(work))


@router.get("/{point_id}")
async def show(request: Request, context: ContextDep, point_id: Annotated[str, Path(max_length=32)]) -> Response:
    room = context.dossiers.centres

    def work() -> dict[str, Any]:
        point = room.directory.point(point_id)
        offers = context.dossiers.appointments.timetable.offers(point)
        week = [(day, room.directory.hours(point).spans(day)) for day in range(7)]
        others = [_line(room, other) for other in room.directory.of_unit(point.unit) if other.id != point.id]
        return {**_line(room, point), "offers": offers, "week": week, "others": others}

    return page(request, "centres/show.html", **await run_sync(work))


def _line(room: CentreRoom, point: Point, near: PointNear | None = None) -> dict[str, Any]:
    return {
        "point": point,
        "kind": room.texts.render(f"point.kind.{point.kind}"),
        "open": room.directory.opening(point).is_open,
        "opening": room.wording.opening(point),
        "far": room.wording.far(near) if near else "",
    }
