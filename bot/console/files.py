"""Officers read attached files, which is written into the timeline, and say that they are true copies."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Path, Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.api.downloads import download
from bot.console.rendering import console_page, see_other
from bot.console.session import FormOf, OfficerDep
from bot.context import Context
from common.errors import InvalidInput, ISeeError, NotFound

__all__ = ["router"]

router = APIRouter(prefix="/console/dossiers/{code}/files", include_in_schema=False)
FileId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
PageNumber = Annotated[int, Path(ge=1)]


@router.get("")
async def files(request: Request, context: ContextDep, staff: OfficerDep, code: str) -> Response:
    return await _files(request, context, staff, code)


@router.get("/{file_id}")
async def file(context: ContextDep, staff: OfficerDep, code: str, file_id: FileId) -> Response:
    """The file itself; the look is in the timeline before the first byte leaves."""
    return download(await run_sync(context.dossiers.papers.for_officer, code, file_id, staff.name))


@router.get("/{file_id}/view")
async def view(request: Request, context: ContextDep, staff: OfficerDep, code: str, file_id: FileId) -> Response:
    """The file drawn as pictures beside what can be done about it; the look is noted as that at a page is."""
    papers = context.dossiers.papers
    found = await run_sync(papers.of, code)
    place = next((number for number, file in enumerate(found) if file.id == file_id), None)
    if place is None:
        raise NotFound("Không có tệp này trong hồ sơ.")
    pages, problem = 0, ""
    try:
        pages, _ = await run_sync(papers.page_for_officer, code, file_id, 0, staff.name)
    except InvalidInput:
        problem = "Không vẽ được tệp này thành trang. Tải tệp về máy để xem."
    return console_page(
        request, "dossiers/view.html", staff=staff, code=code, file=found[place], pages=pages, problem=problem,
        document=await run_sync(_document, context, code, found[place].label),
        before=found[place - 1].id if place else "", after=found[place + 1].id if place + 1 < len(found) else "")


@router.get("/{file_id}/pages/{page}")
async def drawn(context: ContextDep, staff: OfficerDep, code: str, file_id: FileId, page: PageNumber) -> Response:
    """One page as a picture of our own making; nothing that a stranger sent reaches the officer's browser."""
    _, picture = await run_sync(context.dossiers.papers.page_for_officer, code, file_id, page, staff.name)
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "private, no-store"})


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


def _document(context: Context, code: str, label: str) -> str:
    """The guide's document that a file of this label answers; "" where none is called so."""
    detail = context.dossiers.registry.show(code)
    found = context.knowledge_base.get(detail.procedure_code)
    names = [document.name for document in found.guide.documents] if found else []
    return label if label in names else ""


async def _files(
    request: Request, context: Context, staff: Staff, code: str, error: ISeeError | None = None
) -> Response:
    found = await run_sync(context.dossiers.papers.of, code)
    return console_page(
        request, "dossiers/files.html", status=error.status if error else 200, staff=staff, code=code, files=found,
        problem=error.detail if error else "")
