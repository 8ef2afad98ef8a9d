"""`GET /api/v1/dossiers/{code}`: where a dossier stands, for whoever knows its PIN."""

from __future__ import annotations

from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel
from starlette.responses import JSONResponse

from bot.api.deps import ClientKey, ContextDep
from bot.api.schemas import problems

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/dossiers", tags=["dossiers"])


@router.get("/{code}", responses=problems(404, 422, 429))
async def track(
    context: ContextDep,
    client: ClientKey,
    code: Annotated[str, Path(max_length=40, examples=["H49.01.02-261124-0001"])],
    pin: Annotated[str, Query(max_length=8, description="Last four digits of the applicant's personal id.")] = "",
) -> JSONResponse:
    """The dossier's state in plain words and its timeline. A wrong PIN and an unknown code look the same."""
    found: Any = await run_sync(context.registry.track, code, pin, client)
    body = found.model_dump(mode="json", exclude_none=True) if isinstance(found, BaseModel) else found
    return JSONResponse(body)
