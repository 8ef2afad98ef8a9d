"""Zalo's side of the service beside the webhook: its health, and the file that proves the domain."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path
from starlette.responses import HTMLResponse, JSONResponse

from bot.api.deps import ContextDep
from bot.channels.zalo_webhook import PATH
from bot.context import Context
from bot.gateway.texts import problem
from bot.zalo.inbound_domain import verification_tag
from bot.zalo.inbound_door import health
from common.errors import NotFound

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.post(PATH)
async def webhook(context: ContextDep) -> JSONResponse:
    """Reached only while the channel is off: events are taken by `bot.channels.zalo_webhook`, before any route."""
    raise NotFound(problem("not_found"))


@router.get(PATH)
async def reached(context: ContextDep) -> JSONResponse:
    """There is no handshake by GET; answering it does no harm."""
    _enabled(context)
    return JSONResponse({"error": 0})


@router.get("/channels/zalo/health")
async def state(context: ContextDep) -> JSONResponse:
    """Whether the webhook takes events; says nothing about citizens."""
    _enabled(context)
    figures = await run_sync(context.zalo.queue.figures)
    return JSONResponse({"status": health(context.zalo.settings), "waiting": figures.waiting, "dead": figures.dead})


@router.get("/zalo_verifier{code}.html")
async def verification(context: ContextDep, code: Annotated[str, Path(max_length=128)]) -> HTMLResponse:
    """The file by which Zalo verifies the domain, also before the channel is switched on."""
    if not code or code != context.zalo.settings.verify_code:
        raise NotFound(problem("not_found"))
    return HTMLResponse(f"<!doctype html><html><head>{verification_tag(code)}</head><body></body></html>")


def _enabled(context: Context) -> None:
    if not context.zalo.settings.enabled:
        raise NotFound(problem("not_found"))
