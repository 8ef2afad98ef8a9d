"""An official catalogue uploaded at the console: dry run, differences by field, what is taken, progress."""

from __future__ import annotations

import shutil
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Query, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.guides.common import PREFIX, Reason, compared, guide_page
from bot.console.rendering import see_other
from bot.console.session import CuratorDep, FormOf, SameSite, compare
from bot.context import Context
from common.errors import Conflict, InvalidInput, ISeeError
from knowledge_base.model import Origin

__all__ = ["router"]

router = APIRouter(prefix=f"{PREFIX}/import", include_in_schema=False)
_HERE = f"{PREFIX}/import"
_KINDS = ("changed", "new", "rejected")
_A_PAGE = 50
Page = Annotated[int, Query(ge=1, le=100_000)]


@router.get("")
async def jobs(request: Request, context: ContextDep, staff: CuratorDep, page: Page = 1) -> Response:
    return await _jobs(request, context, staff, page)


@router.post("/file")
async def upload(request: Request, context: ContextDep, staff: CuratorDep, _: SameSite) -> Response:
    """Takes the file and starts the dry run. The body is read here, after it is known who sends: it may be large."""
    async with request.form(max_files=1, max_fields=2) as form:
        compare(staff, str(form.get("csrf", "")))
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            said = InvalidInput("Chọn tệp danh mục (mỗi dòng một thủ tục, dạng JSON) rồi gửi lại.")
            return await _jobs(request, context, staff, 1, said)
        imports = context.drafting.imports

        def kept() -> int:
            job_id = imports.begin(str(file.filename), staff.name)
            with imports.path(job_id).open("wb") as target:
                shutil.copyfileobj(file.file, target)
            imports.read(job_id)
            return job_id

        try:
            job_id = await run_sync(kept)
        except Conflict as error:
            return await _jobs(request, context, staff, 1, error)
    return see_other(f"{_HERE}/{job_id}")


@router.get("/{job_id}")
async def job(
    request: Request, context: ContextDep, staff: CuratorDep, job_id: int,
    kind: Annotated[str, Query(max_length=20)] = "changed", page: Page = 1,
) -> Response:
    return await _job(request, context, staff, job_id, kind, page)


@router.get("/{job_id}/rows/{item_id}")
async def item(request: Request, context: ContextDep, staff: CuratorDep, job_id: int, item_id: int) -> Response:
    imports = context.drafting.imports

    def gathered() -> dict[str, Any]:
        found = imports.item(job_id, item_id)
        every = compared(imports.base(found), found.payload)
        fields = {name: [one for one in every if one.field == name] for name in found.fields}
        return {
            "item": found, "fields": fields, "job": imports.job(job_id),
            "curated": context.drafting.kb.published(found.code, Origin.CURATED),
        }

    return guide_page(request, "import_row", staff=staff, **await run_sync(gathered))


@router.post("/{job_id}/rows/{item_id}")
async def decide(
    context: ContextDep, staff: CuratorDep, _: FormOf, job_id: int, item_id: int,
    field: Annotated[list[str] | None, Form(max_length=60)] = None, do: Annotated[str, Form(max_length=20)] = "take",
) -> Response:
    """Takes the ticked fields of a row; none, or "leave", leaves it as it is."""
    taken = (field or []) if do == "take" else []
    await run_sync(context.drafting.imports.decide, job_id, item_id, taken, staff.name)
    found = await run_sync(context.drafting.imports.item, job_id, item_id)
    return see_other(f"{_HERE}/{job_id}?kind={found.kind}#row-{item_id}")


@router.post("/{job_id}/all")
async def decide_all(
    context: ContextDep, staff: CuratorDep, _: FormOf, job_id: int, do: Annotated[str, Form(max_length=20)] = "accept"
) -> Response:
    await run_sync(context.drafting.imports.decide_all, job_id, do, staff.name)
    return see_other(f"{_HERE}/{job_id}")


@router.post("/{job_id}/apply")
async def apply(
    request: Request, context: ContextDep, staff: CuratorDep, _: FormOf, job_id: int, reason: Reason = ""
) -> Response:
    try:
        await run_sync(context.drafting.imports.apply, job_id, reason, staff.name)
    except (InvalidInput, Conflict) as error:
        return await _job(request, context, staff, job_id, "changed", 1, error)
    return see_other(f"{_HERE}/{job_id}")


@router.post("/{job_id}/drop")
async def drop(context: ContextDep, staff: CuratorDep, _: FormOf, job_id: int) -> Response:
    await run_sync(context.drafting.imports.drop, job_id, staff.name)
    return see_other(_HERE)


async def _jobs(
    request: Request, context: Context, staff: Staff, page: int, error: ISeeError | None = None
) -> Response:
    found = await run_sync(context.drafting.imports.jobs, page, _A_PAGE)
    return guide_page(
        request, "imports", error, staff=staff, jobs=found[:_A_PAGE], page=page, more=len(found) > _A_PAGE,
        limit=context.settings.import_max_mb)


async def _job(
    request: Request, context: Context, staff: Staff, job_id: int, kind: str, page: int,
    error: ISeeError | None = None,
) -> Response:
    imports = context.drafting.imports
    kind = kind if kind in _KINDS else "changed"

    def gathered() -> dict[str, Any]:
        rows = imports.items(job_id, kind, page, _A_PAGE)
        curated = {row.code for row in rows if context.drafting.kb.published(row.code, Origin.CURATED)}
        return {"job": imports.job(job_id), "rows": rows[:_A_PAGE], "more": len(rows) > _A_PAGE, "curated": curated}

    return guide_page(
        request, "import", error, staff=staff, kind=kind, kinds=_KINDS, page=page, **await run_sync(gathered))
