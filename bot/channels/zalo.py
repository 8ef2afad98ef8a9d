"""Zalo's side of the service: the webhook, its health, and the file that proves the domain."""

from __future__ import annotations

import time
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Request
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, JSONResponse, Response

from bot.api.deps import ContextDep
from bot.context import Context
from bot.gateway.texts import problem
from bot.zalo.inbound_domain import verification_tag
from bot.zalo.inbound_door import MOST_BYTES, health
from bot.zalo.inbound_metrics import ANSWERED, WEBHOOK_SECONDS
from common.errors import NotFound, TooLarge

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_OK = b'{"error":0}'


async def webhook(request: Request) -> Response:
    """Writes the event to the queue and answers; see `bot.zalo.inbound_door`. A plain route: solving FastAPI's
    dependencies would cost a flood as much again."""
    context: Context = request.app.state.context
    _enabled(context)
    started = time.perf_counter()
    with context.zalo.door.place() as free:
        try:
            status = await context.zalo.door.receive(await _body(request), request.headers) if free else 503
        except ClientDisconnect:
            status = 200  # nobody hears it
    WEBHOOK_SECONDS.observe(time.perf_counter() - started)
    return Response(_OK if status == 200 else b"", status, media_type="application/json")


router.add_route("/channels/zalo/webhook", webhook, methods=["POST"], include_in_schema=False)


@router.get("/channels/zalo/webhook")
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


async def _body(request: Request) -> bytes:
    """The body as it arrived. Raises TooLarge: no genuine event is that long."""
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MOST_BYTES:
            ANSWERED.labels("too_large").inc()
            raise TooLarge(problem("too_large", limit=f"{MOST_BYTES / 1_048_576:.1f}".replace(".", ",")))
    return bytes(raw)
