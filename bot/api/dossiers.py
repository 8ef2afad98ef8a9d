"""`GET /api/v1/dossiers/{code}`: where a dossier stands, for whoever knows its PIN."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse

from bot.api.deps import ClientKey, ContextDep
from bot.api.schemas import problems
from common.messages import public

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/dossiers", tags=["dossiers"])


@router.get("/{code}", responses=problems(404, 422, 429))
async def track(
    context: ContextDep,
    client: ClientKey,
    code: Annotated[str, Path(max_length=40, examples=["H49.01.02-261124-0001"])],
    pin: Annotated[str, Query(
        max_length=20,
        description="Last four digits of the applicant's personal id, or all twelve (asked for after many wrong PINs).",
    )] = "",
) -> JSONResponse:
    """The dossier's state in plain words, what is late and why, what the citizen must do, and the timeline. A wrong PIN
    and an unknown code look the same."""
    found = await run_sync(context.dossiers.registry.track, code, pin, client)
    return JSONResponse(public(found))
