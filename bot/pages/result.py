"""Results: the citizen's download, the verification that a QR code opens, and the check of any signed PDF."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Path, Request, UploadFile
from starlette.responses import Response

from actions.dossiers.results.help import signature_help
from bot.api.deps import ClientKey, ContextDep
from bot.gateway.texts import problem
from bot.pages.dossier import LinkedCode
from bot.pages.rendering import PageRoute, SameSite, page
from common.errors import InvalidInput, TooManyRequests

__all__ = ["router"]

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/dossiers/{token}/result")
async def result(request: Request, context: ContextDep, code: LinkedCode, token: str) -> Response:
    found = await run_sync(context.dossiers.results.of, code)
    return page(request, "result/show.html", results=found, code=code, token=token)


@router.get("/dossiers/{token}/result/file")
async def download(context: ContextDep, code: LinkedCode) -> Response:
    found, content = await run_sync(context.dossiers.results.file, code)
    headers = {"Content-Disposition": f'attachment; filename="{found.file_name}"', "Referrer-Policy": "no-referrer"}
    return Response(content, media_type="application/pdf", headers=headers)


@router.get("/verify/{result_id}")
async def verify(
    request: Request, context: ContextDep, result_id: Annotated[str, Path(max_length=64)]
) -> Response:
    found = await run_sync(context.dossiers.results.verify, result_id)
    return page(request, "result/verify.html", result=found)


@router.get("/signature")
async def signature(request: Request) -> Response:
    return page(request, "result/signature.html", help=signature_help())


@router.post("/signature", dependencies=[SameSite])
async def check(
    request: Request, context: ContextDep, client: ClientKey, file: Annotated[UploadFile | None, Form()] = None
) -> Response:
    """What the signatures of a PDF are worth; the file is read, judged and forgotten."""
    seconds = await context.checks.wait(client)
    if seconds:
        raise TooManyRequests(problem("many_checks", seconds=int(seconds)), retry_after=seconds)
    content = await file.read() if file else b""
    dossiers = context.dossiers
    try:
        findings = await run_sync(dossiers.signatures.check, content, problem("unreadable_pdf"))
    except InvalidInput as error:
        return page(request, "result/signature.html", status=error.status, help=signature_help(), problem=error.detail)
    issued = await run_sync(dossiers.results.verify_file, content)
    checked = [(finding, dossiers.results.said(finding.verdict)) for finding in findings]
    return page(
        request, "result/checked.html", findings=checked, issued=issued,
        unsigned=dossiers.results.said("none"))
