"""Search and published guides, open to everybody."""

from __future__ import annotations

from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse

from bot.api.deps import ContextDep
from bot.api.schemas import SearchOut, problems
from bot.gateway.steps.admission import readable
from bot.gateway.texts import problem
from common.errors import NotFound, NotReady
from knowledge_base.model import Level, Published

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["knowledge"])

_LONGEST_QUERY = 1000


@router.get("/search", response_model=SearchOut, responses=problems(413, 422, 503))
async def search(
    context: ContextDep,
    q: Annotated[str, Query(description="The question, as people type it.", examples=["dang ky ket hon"])],
    k: Annotated[int, Query(ge=1, le=50, description="How many procedures at most.")] = 10,
) -> JSONResponse:
    """Ranked procedures and whether the first is sure enough to answer from."""
    readable(q, _LONGEST_QUERY)
    result = await run_sync(context.search.search, q, k)
    return JSONResponse(result.public())


@router.get("/procedures", responses=problems(422))
async def procedures(
    context: ContextDep,
    q: Annotated[str, Query(max_length=200, description="Words of the name, with or without diacritics.")] = "",
    field: Annotated[str, Query(max_length=200)] = "",
    level: Annotated[Level | None, Query()] = None,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> JSONResponse:
    """Published procedures, a page at a time."""
    found = await run_sync(lambda: context.knowledge_base.find(q or None, field or None, level, page, size))
    return JSONResponse(
        {
            "items": [_line(item) for item in found.items],
            "total": found.total,
            "page": found.page,
            "size": found.size,
        }
    )


@router.get("/procedures/{code}", responses=problems(404, 503))
async def procedure(context: ContextDep, code: Annotated[str, Path(max_length=60)]) -> JSONResponse:
    """The whole published guide, with its origin and version."""
    found: Published | None = await run_sync(context.knowledge_base.get, code)
    if found is None:
        raise NotFound(problem("procedure"))
    if await run_sync(context.switches.withheld, code):
        raise NotReady(problem("withheld"))
    guide = found.guide.model_dump(mode="json", exclude_none=True)
    return JSONResponse({**guide, "origin": found.origin.value, "version": found.version})


@router.get("/fields")
async def fields(context: ContextDep) -> JSONResponse:
    """Fields with their number of procedures, the largest first."""
    found = await run_sync(context.knowledge_base.fields)
    return JSONResponse({"items": [{"field": name, "procedures": count} for name, count in found]})


def _line(item: Published) -> dict[str, Any]:
    guide = item.guide
    line = {
        "code": guide.code,
        "name": guide.name,
        "field": guide.field,
        "levels": [level.value for level in guide.levels],
        "agency": guide.agency,
        "online_level": guide.online_level,
        "origin": item.origin.value,
        "version": item.version,
    }
    return {key: value for key, value in line.items() if value is not None}
