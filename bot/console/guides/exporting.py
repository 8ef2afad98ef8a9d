"""Guides as YAML files: one, or all that a list shows, in a zip."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from bot.api.deps import ContextDep
from bot.console.guides.catalogue import wanted_of
from bot.console.guides.common import PREFIX, Code
from bot.console.session import CuratorDep, FormOf
from common.errors import NotFound
from knowledge_base.export import export_yaml

__all__ = ["router"]

router = APIRouter(prefix=PREFIX, include_in_schema=False)
Words = Annotated[str, Form(max_length=200)]


@router.post("/export")
async def all_of_them(
    context: ContextDep, staff: CuratorDep, _: FormOf, q: Words = "", field: Words = "", origin: Words = "",
    state: Words = "", mark: Words = "",
) -> Response:
    """What the list shows, one file a guide. A form, not a link: it costs seconds of a processor."""
    codes = await run_sync(context.drafting.listing.codes, wanted_of(q, field, origin, state, mark))
    if not codes:
        raise NotFound("Không có hướng dẫn nào để xuất.")
    made = await run_sync(context.drafting.exporting.zipped, codes)
    return FileResponse(
        made, media_type="application/zip", filename="huong-dan.zip", background=BackgroundTask(made.unlink))


@router.get("/{code}/yaml")
async def one(context: ContextDep, staff: CuratorDep, code: Code) -> Response:
    found = await run_sync(context.drafting.drafts.published, code)
    if found is None:
        raise NotFound(f"Thủ tục {code} chưa có bản công bố.")
    text = await run_sync(export_yaml, found)
    headers = {"Content-Disposition": f'attachment; filename="{code}.yml"'}
    return Response(text, media_type="application/yaml", headers=headers)
