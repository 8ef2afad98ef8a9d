"""`POST /api/v1/partner/dossiers/{code}/events`: the outside one-stop system says what became of a dossier."""

from __future__ import annotations

from typing import Annotated, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ValidationError

from actions.dossiers.adapters.contract import StatusEvent
from bot.api.deps import ContextDep
from bot.api.problems import field_errors
from bot.api.schemas import problems
from bot.api.signed import raw_target
from bot.gateway.texts import problem
from common.errors import InvalidInput, NotAuthenticated, NotFound

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/partner", tags=["partner"])


class Heard(BaseModel):
    """What became of the event. `waiting`: an earlier step is missing; `kept`: staff look at it. None of them is to
    be sent again."""

    outcome: Literal["applied", "waiting", "duplicate", "stale", "kept"]


@router.post(
    "/dossiers/{code}/events",
    responses=problems(401, 404, 409, 413, 422),
    openapi_extra={"requestBody": {
        "required": True, "content": {"application/json": {"schema": StatusEvent.model_json_schema()}}}},
)
async def event(context: ContextDep, request: Request, code: Annotated[str, Path(max_length=48)]) -> Heard:
    """A change of state, signed as `docs/openapi/onestop.yml` describes. `code` is iSee's dossier code."""
    outside = context.dossiers.outside
    if outside is None:
        raise NotFound(problem("not_found"))
    body = await request.body()
    if not outside.accepts(request.headers, request.method, raw_target(request), body):
        raise NotAuthenticated(problem("signature"))
    try:
        heard = StatusEvent.model_validate_json(body)
    except ValidationError as error:
        raise field_errors(error.errors()) from error
    if heard.reference != code:
        raise InvalidInput(problem("fields"), errors=[{"field": "reference", "error": "differs from the path"}])
    return Heard(outcome=await run_sync(outside.receive, heard))
