"""A dossier's own page, opened by a signed link, and the form that opens it by code and PIN."""

from __future__ import annotations

from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, File, Form, Path, Request, UploadFile
from starlette.responses import Response

from actions.dossiers.registry.offers import offered
from bot.api.deps import ClientKey, ContextDep
from bot.context import Context
from bot.gateway.texts import problem
from bot.pages.rendering import PageRoute, SameSite, go, page
from common.errors import Conflict, InvalidInput, ISeeError, NotFound, NotReady, TooLarge, TooManyRequests

__all__ = ["LinkedCode", "router"]

router = APIRouter(route_class=PageRoute, include_in_schema=False)
_SHOWN_ABOVE = (Conflict, InvalidInput, NotFound, NotReady, TooLarge, TooManyRequests)


async def _linked(context: ContextDep, token: Annotated[str, Path(max_length=400)]) -> str:
    return context.dossiers.pages.code(token)


LinkedCode = Annotated[str, Depends(_linked)]
"""The dossier code that the link in the path is for; NotFound as a page when the link is not good (any more)."""


@router.get("/dossiers")
async def ask(request: Request) -> Response:
    return page(request, "dossier/find.html")


@router.post("/dossiers", dependencies=[SameSite])
async def find(
    request: Request,
    context: ContextDep,
    client: ClientKey,
    code: Annotated[str, Form(max_length=40)] = "",
    pin: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Code and PIN, exchanged for a link; what is wrong is said above the form."""
    try:
        found = await run_sync(context.dossiers.registry.prove, code, pin, client)
    except (InvalidInput, NotFound, TooManyRequests) as error:
        return page(request, "dossier/find.html", status=error.status, problem=error.detail, code=code)
    return go(context.dossiers.pages.path(found))


@router.get("/dossiers/{token}")
async def show(request: Request, context: ContextDep, code: LinkedCode, token: str, done: str = "") -> Response:
    return await _page(request, context, code, token, done=done)


@router.get("/dossiers/{token}/supplement")
async def supplement(request: Request, context: ContextDep, code: LinkedCode, token: str) -> Response:
    return await _page(request, context, code, token, name="dossier/supplement.html")


@router.post("/dossiers/{token}/supplement/{number}", dependencies=[SameSite])
async def answer(
    request: Request,
    context: ContextDep,
    code: LinkedCode,
    token: str,
    number: int,
    text: Annotated[str, Form(max_length=4000)] = "",
    file: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    """One paper or answer; back to the list while something is still asked for."""
    sent = [(part.filename or "", await part.read()) for part in file or [] if part.filename]
    try:
        left = await run_sync(lambda: context.dossiers.supplement_files.answer(code, number, text=text, files=sent))
    except _SHOWN_ABOVE as error:
        return await _page(request, context, code, token, error, name="dossier/supplement.html")
    return go(f"/dossiers/{token}/supplement" if left else f"/dossiers/{token}?done=supplemented")


@router.get("/dossiers/{token}/withdraw")
async def ask_withdrawal(request: Request, context: ContextDep, code: LinkedCode, token: str) -> Response:
    return await _page(request, context, code, token, name="dossier/withdraw.html")


@router.post("/dossiers/{token}/withdraw", dependencies=[SameSite])
async def withdraw(
    request: Request,
    context: ContextDep,
    client: ClientKey,
    code: LinkedCode,
    token: str,
    pin: Annotated[str, Form(max_length=20)] = "",
    sure: Annotated[str, Form(max_length=4)] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """The link shows a dossier; taking it back needs the PIN as well, for links are passed on."""
    dossiers = context.dossiers

    def work() -> None:
        if sure != "yes":
            raise InvalidInput(problem("page_unsure"), field="sure")
        dossiers.registry.prove(code, pin, client)
        dossiers.supplements.withdraw(code, reason=reason)

    try:
        await run_sync(work)
    except _SHOWN_ABOVE as error:
        return await _page(request, context, code, token, error, name="dossier/withdraw.html")
    return go(f"/dossiers/{token}?done=withdrawn")


async def _page(
    request: Request, context: Context, code: str, token: str, error: ISeeError | None = None, *,
    name: str = "dossier/show.html", **values: Any,
) -> Response:
    status = await run_sync(context.dossiers.registry.status, code)
    offers = await run_sync(lambda: offered(context.dossiers.offers, status))
    outside = context.dossiers.outside
    outside_code = await run_sync(outside.code_of, code) if outside else ""
    return page(
        request, name, status=error.status if error else 200, problem=error.detail if error else "", dossier=status,
        token=token, offers=offers, outside_code=outside_code, **values)
