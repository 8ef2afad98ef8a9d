"""The files of a dossier, for whoever holds its link; and papers on hand at a file question."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Path, Request
from starlette.responses import Response

from actions.dossiers.eforms.draft import Draft
from actions.dossiers.eforms.eform import EField
from bot.api.deps import ContextDep
from bot.api.downloads import download
from bot.context import Context
from bot.gateway.texts import problem
from bot.pages.dossier import LinkedCode
from bot.pages.identity import LinkedDraft
from bot.pages.rendering import PageRoute, SameSite, go, page
from common.errors import InvalidInput, NotFound

__all__ = ["router"]

router = APIRouter(route_class=PageRoute, include_in_schema=False)
FieldName = Annotated[str, Path(max_length=120)]


@router.get("/dossiers/{token}/files")
async def files(request: Request, context: ContextDep, code: LinkedCode, token: str) -> Response:
    found = await run_sync(context.dossiers.papers.of, code)
    return page(request, "files/list.html", files=found, code=code, token=token)


@router.get("/dossiers/{token}/files/{file_id}")
async def file(
    context: ContextDep, code: LinkedCode, file_id: Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
) -> Response:
    return download(await run_sync(context.dossiers.papers.for_link, code, file_id))


@router.get("/papers/{token}/{field_name}")
async def on_hand(
    request: Request, context: ContextDep, draft: LinkedDraft, token: str, field_name: FieldName
) -> Response:
    """What can be used again for one file question, and the consent that it needs."""
    return await _on_hand(request, context, draft, token, field_name)


@router.post("/papers/{token}/{field_name}", dependencies=[SameSite])
async def reuse(
    request: Request,
    context: ContextDep,
    draft: LinkedDraft,
    token: str,
    field_name: FieldName,
    paper: Annotated[str, Form(max_length=64)] = "",
    agree: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    if agree != "yes" or not paper:
        refusal = InvalidInput(problem("paper_choice"))
        return await _on_hand(request, context, draft, token, field_name, refusal)
    field = _field(draft, field_name)
    await run_sync(context.dossiers.aids.reuse.take, draft, field, paper)
    return go(f"/forms/{token}")


async def _on_hand(
    request: Request, context: Context, draft: Draft, token: str, field_name: str, error: InvalidInput | None = None
) -> Response:
    field = _field(draft, field_name)
    reuse_of = context.dossiers.aids.reuse

    def offered() -> list[dict[str, str]]:
        return [
            {"id": paper.id, "text": reuse_of.provenance(paper), "consent": reuse_of.consent(draft, paper)}
            for paper in reuse_of.offers(draft, field)
        ]

    return page(
        request, "files/on_hand.html", status=error.status if error else 200, field=field, token=token, draft=draft,
        papers=await run_sync(offered), problem=error.detail if error else "")


def _field(draft: Draft, name: str) -> EField:
    found = next((field for field in draft.visible if field.name == name and field.type == "file"), None)
    if found is None:
        raise NotFound(problem("not_found"))
    return found
