"""Officers read attached files, which is written into the timeline, and say that they are true copies."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Path, Request
from starlette.responses import Response

from bot.api.deps import ContextDep
from bot.api.downloads import download
from bot.console.accounts import Staff
from bot.console.rendering import console_page, see_other
from bot.console.session import FormOf, OfficerDep
from bot.context import Context
from common.errors import InvalidInput, ISeeError

__all__ = ["router"]

router = APIRouter(prefix="/console/dossiers/{code}/files", include_in_schema=False)
FileId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


@router.get("")
async def files(request: Request, context: ContextDep, staff: OfficerDep, code: str) -> Response:
    return await _files(request, context, staff, code)


@router.get("/{file_id}")
async def file(context: ContextDep, staff: OfficerDep, code: str, file_id: FileId) -> Response:
    """The file itself; the look is in the timeline before the first byte leaves."""
    return download(await run_sync(context.dossiers.papers.for_officer, code, file_id, staff.name))


@router.post("/{file_id}/verify")
async def verify(
    request: Request,
    context: ContextDep,
    staff: OfficerDep,
    _: FormOf,
    code: str,
    file_id: FileId,
    until: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Marks the file as checked, so that its owner need not give it again before `until`."""
    try:
        end = date.fromisoformat(until) if until else None
        await run_sync(context.dossiers.papers.verify, file_id, end, staff.name)
    except (InvalidInput, ValueError) as error:
        shown = error if isinstance(error, ISeeError) else InvalidInput("Ngày hết hạn chưa đúng.", field="until")
        return await _files(request, context, staff, code, shown)
    return see_other(f"/console/dossiers/{code}/files")


@router.post("/{file_id}/withdraw")
async def withdraw(context: ContextDep, staff: OfficerDep, _: FormOf, code: str, file_id: FileId) -> Response:
    await run_sync(context.dossiers.papers.withdraw, file_id, staff.name)
    return see_other(f"/console/dossiers/{code}/files")


async def _files(
    request: Request, context: Context, staff: Staff, code: str, error: ISeeError | None = None
) -> Response:
    found = await run_sync(context.dossiers.papers.of, code)
    return console_page(
        request, "files.html", status=error.status if error else 200, staff=staff, code=code, files=found,
        problem=error.detail if error else "")
