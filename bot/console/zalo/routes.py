"""Zalo at the console: connected or not, what needs a person, and what did not arrive."""

from __future__ import annotations

from functools import cache
from pathlib import Path as FilePath
from typing import Annotated, Any

import structlog
import yaml
from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.rendering import console_page, see_other
from bot.console.session import FormOf, ManagerDep
from bot.context import Context
from bot.zalo.errors import alarm_says, fault_of
from bot.zalo.inbound_door import health
from bot.zalo.model import SendFailed
from bot.zalo.overview import Overview
from common.errors import Conflict, ISeeError

__all__ = ["router"]

_PAGE = "/console/zalo"
_WEBHOOK = "/channels/zalo/webhook"
router = APIRouter(prefix=_PAGE, include_in_schema=False)
_log = structlog.get_logger(__name__)
Kind = Annotated[str, Path(pattern=r"^[a-z_]{1,40}$")]
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("")
async def zalo(request: Request, context: ContextDep, staff: ManagerDep) -> Response:
    return await _page(request, context, staff)


@router.post("/connect")
async def connect(request: Request, context: ContextDep, staff: ManagerDep, _: FormOf) -> Response:
    """Begins a consent. The address is shown rather than opened: who consents may be somebody else."""
    _enabled(context)
    address = await run_sync(context.zalo.consent.begin, staff.name)
    return await _page(request, context, staff, consent=address)


@router.post("/refresh")
async def refresh(request: Request, context: ContextDep, staff: ManagerDep, _: FormOf) -> Response:
    """The one manual try after a refresh that was cut off."""
    if await context.zalo.keeper.try_again(staff.name):
        return see_other(_PAGE)
    return await _page(request, context, staff, Conflict(_words()["refresh_failed"]))


@router.post("/check")
async def check(request: Request, context: ContextDep, staff: ManagerDep, _: FormOf) -> Response:
    """Asks the platform who we are to it, and what is left."""
    _enabled(context)
    try:
        seen = {"oa": await context.zalo.client.health(), "quota": await context.zalo.client.quota()}
    except SendFailed as error:
        said = fault_of(error).says
        return await _page(request, context, staff, Conflict(f"{said} ({error.code})" if error.code else said))
    return await _page(request, context, staff, seen=seen)


@router.post("/alarms/{kind}/clear")
async def clear(context: ContextDep, staff: ManagerDep, _: FormOf, kind: Kind) -> Response:
    await run_sync(context.zalo.alarms.clear, kind, staff.name)
    return see_other(_PAGE)


@router.post("/events/{event_id}/retry")
async def retry(request: Request, context: ContextDep, staff: ManagerDep, _: FormOf, event_id: Id) -> Response:
    if await run_sync(context.zalo.queue.retry, event_id, staff.name):
        return see_other(_PAGE)
    return await _page(request, context, staff, Conflict(_words()["event_gone"]))


@router.post("/events/{event_id}/drop")
async def drop(request: Request, context: ContextDep, staff: ManagerDep, _: FormOf, event_id: Id) -> Response:
    if await run_sync(context.zalo.queue.drop, event_id, staff.name):
        return see_other(_PAGE)
    return await _page(request, context, staff, Conflict(_words()["event_gone"]))


def _enabled(context: Context) -> None:
    if not context.zalo.settings.enabled:
        raise Conflict(_words()["off"])


async def _page(
    request: Request, context: Context, staff: Staff, error: ISeeError | None = None, *, consent: str = "",
    seen: dict[str, Any] | None = None,
) -> Response:
    room, overview = context.zalo, Overview(context.database)

    def read() -> dict[str, Any]:
        return {
            "alarms": [(alarm, alarm_says(alarm.kind)) for alarm in room.alarms.open()], "queue": room.queue.figures(),
            "dead": room.queue.dead(), "traffic": overview.traffic(), "undelivered": overview.undelivered(),
            "off_switches": [one for one in context.switches.standing() if one.target == "zalo"]}

    return console_page(
        request, "zalo/zalo.html", status=error.status if error else 200, problem=error.detail if error else "",
        staff=staff, zalo=room.settings, state=health(room.settings), standing=await room.keeper.standing(),
        webhook=f"{context.settings.base_url}{_WEBHOOK}", callback=room.consent.redirect_uri, consent=consent,
        seen=seen, words=_words(), **await run_sync(read))


@cache
def _words() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FilePath(__file__).parent / "words.yml").read_text("utf-8"))
    return loaded
