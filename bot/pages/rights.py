"""`/rights/{token}`: what is kept of a citizen, to see, take away, correct, withdraw and erase."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from actions.companion.rights_chat import KIND
from actions.rights.requests import Request as Asked
from bot.api.deps import ContextDep
from bot.api.rights import bundle
from bot.context import Context
from bot.pages.rendering import PageRoute, SameSite, page, post_or_again
from common.errors import InvalidInput, ISeeError

__all__ = ["router"]

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/rights/{token}")
async def rights(request: Request, context: ContextDep, token: str) -> Response:
    conversation_id = context.dossiers.links.open(KIND, token)
    return await run_sync(lambda: _page(request, context, token, conversation_id))


@router.get("/rights/{token}/export")
async def export(context: ContextDep, token: str) -> Response:
    return await bundle(context, context.dossiers.links.open(KIND, token))


@router.post("/rights/{token}/correct", dependencies=[SameSite])
async def correct(
    request: Request,
    context: ContextDep,
    token: str,
    dossier: Annotated[str, Form(max_length=48)],
    what: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    service = context.dossiers.rights
    return await _asked(request, context, token, lambda who: service.correct(who, dossier, what))


@router.post("/rights/{token}/withdraw", dependencies=[SameSite])
async def withdraw(request: Request, context: ContextDep, token: str) -> Response:
    return await _asked(request, context, token, context.dossiers.rights.withdraw)


@router.post("/rights/{token}/erase", dependencies=[SameSite])
async def erase(
    request: Request, context: ContextDep, token: str, sure: Annotated[str, Form(max_length=3)] = ""
) -> Response:
    """Erases at once; the page that follows says what was kept, and is the last of this conversation."""
    service = context.dossiers.rights
    conversation_id = context.dossiers.links.open(KIND, token)
    if sure != "yes":
        error = InvalidInput(service.texts.render("invalid.confirm"), field="sure")
        return await run_sync(lambda: _page(request, context, token, conversation_id, error))
    codes = await run_sync(service.codes, conversation_id)
    done = await run_sync(service.erase, conversation_id)
    context.hub.wake(conversation_id)
    return page(request, "rights/erased.html", request_number=done.number, codes=codes, archive=service.archive())


async def _asked(request: Request, context: Context, token: str, act: Callable[[str], Asked]) -> Response:
    conversation_id = context.dossiers.links.open(KIND, token)
    return await post_or_again(
        lambda: act(conversation_id), lambda made: f"/rights/{token}?received={made.number}#requests",
        lambda error: run_sync(_page, request, context, token, conversation_id, error))


def _page(
    request: Request, context: Context, token: str, conversation_id: str, error: ISeeError | None = None
) -> Response:
    service = context.dossiers.rights
    wanted = request.query_params.get("received", "")
    received = next((item for item in service.log.of(conversation_id) if item.number == wanted), None)
    said = received and service.texts.render(
        "received", number=received.number, kind=service.texts.render(f"kind.{received.kind}").lower(),
        acknowledge_by=received.acknowledge_by, due_on=received.due_on)
    return page(
        request, "rights/rights.html", status=error.status if error else 200, token=token,
        problem=error.detail if error else "", held=service.see(conversation_id),
        codes=service.codes(conversation_id), received=said or "",
        due=service.log.due("correct"), withdraw_due=service.log.due("withdraw"))
