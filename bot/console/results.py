"""The officer issues a dossier's result, and takes it back."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request, UploadFile
from starlette.responses import Response

from actions.dossiers.results import Paper
from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.rendering import console_page, see_other
from bot.console.session import FormOf, OfficerDep
from bot.context import Context
from common.errors import Conflict, InvalidInput, ISeeError

__all__ = ["router"]

router = APIRouter(prefix="/console/dossiers/{code}/result", include_in_schema=False)


@router.get("")
async def form(request: Request, context: ContextDep, staff: OfficerDep, code: str) -> Response:
    results = await run_sync(context.dossiers.results.of, code)
    return console_page(request, "result.html", staff=staff, code=code, results=results, given={})


@router.post("")
async def issue(
    request: Request,
    context: ContextDep,
    staff: OfficerDep,
    _: FormOf,
    code: str,
    number: Annotated[str, Form(max_length=200)] = "",
    issued_on: Annotated[str, Form(max_length=10)] = "",
    agency: Annotated[str, Form(max_length=400)] = "",
    signed_by: Annotated[str, Form(max_length=200)] = "",
    abstract: Annotated[str, Form(max_length=8000)] = "",
    expires_on: Annotated[str, Form(max_length=10)] = "",
    pdf: Annotated[UploadFile | None, Form()] = None,
) -> Response:
    """Signs and publishes; what is wrong is said above the form, which keeps what was typed."""
    content = await pdf.read() if pdf and pdf.filename else b""
    given = {
        "number": number, "issued_on": issued_on, "agency": agency, "signed_by": signed_by, "abstract": abstract,
        "expires_on": expires_on,
    }
    dossiers = context.dossiers

    def work() -> None:
        checked = dossiers.uploads.check("result.pdf", content, ["pdf"]).content if content else None
        paper = Paper(number, _day(issued_on), agency, signed_by, abstract, _day(expires_on), checked)
        dossiers.results.issue(code, paper, actor=staff.name)

    try:
        await run_sync(work)
    except (Conflict, InvalidInput) as error:
        return await _again(request, context, staff, code, error, given)
    return see_other(f"/console/dossiers/{code}/result")


@router.post("/{result_id}/revoke")
async def revoke(
    request: Request,
    context: ContextDep,
    staff: OfficerDep,
    _: FormOf,
    code: str,
    result_id: str,
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    try:
        await run_sync(lambda: context.dossiers.results.revoke(result_id, reason, actor=staff.name))
    except InvalidInput as error:
        return await _again(request, context, staff, code, error, {})
    return see_other(f"/console/dossiers/{code}/result")


async def _again(
    request: Request, context: Context, staff: Staff, code: str, error: ISeeError, given: dict[str, str]
) -> Response:
    results = await run_sync(context.dossiers.results.of, code)
    return console_page(
        request, "result.html", status=error.status, staff=staff, code=code, results=results, given=given,
        problem=error.detail)


def _day(text: str) -> date | None:
    """A date field's value; what can't be read counts as missing, which the service says."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
