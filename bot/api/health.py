"""Health for whoever starts and watches the service, and metrics for Prometheus."""

from __future__ import annotations

from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from bot.api.deps import ContextDep
from bot.context import Context
from bot.zalo.inbound_door import health

__all__ = ["router"]

router = APIRouter(tags=["operation"])


@router.get("/healthz/live")
async def live() -> dict[str, str]:
    """200 while the process runs."""
    return {"status": "live"}


@router.get(
    "/healthz/ready",
    responses={503: {"description": "Can't answer yet; the body tells which part is missing."}},
)
async def ready(context: ContextDep) -> JSONResponse:
    """200 when questions can be answered: database and index. Without the engine the status is `degraded`."""
    parts = await run_sync(_parts, context)
    able = parts["database"] == "up" and parts["index"] == "up"
    whole = able and parts["engine"] in ("up", "external")
    body: dict[str, Any] = {
        "status": "ready" if whole else "degraded" if able else "starting",
        "parts": parts,
    }
    if context.failure:
        body["detail"] = context.failure
    return JSONResponse(body, 200 if able else 503)


@router.get("/metrics", response_class=Response)
async def metrics() -> Response:
    """Prometheus text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _parts(context: Context) -> dict[str, str]:
    engine = context.engine_process.state
    if engine in ("up", "external") and context.engine.breaker.open:
        engine = "down"
    return {
        "database": _database(context),
        "index": "up" if context.search.ready else "starting",
        "engine": engine,
        **({"zalo": health(context.zalo.settings)} if context.zalo.settings.enabled else {}),
    }


def _database(context: Context) -> str:
    try:
        with context.database.session(write=False) as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return "down"
    return "up"
