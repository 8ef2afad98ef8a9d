"""A dossier's own page, opened by a signed link, and the form that opens it by code and PIN."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Form, Path, Request
from starlette.responses import Response

from actions.dossiers.registry.offers import offered
from bot.api.deps import ClientKey, ContextDep
from bot.pages.rendering import PageRoute, SameSite, go, page
from common.errors import InvalidInput, NotFound, TooManyRequests

__all__ = ["LinkedCode", "router"]

router = APIRouter(route_class=PageRoute, include_in_schema=False)


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
        status = await run_sync(context.dossiers.registry.track, code, pin, client)
    except (InvalidInput, NotFound, TooManyRequests) as error:
        return page(request, "dossier/find.html", status=error.status, problem=error.detail, code=code)
    return go(context.dossiers.pages.path(status.code))


@router.get("/dossiers/{token}")
async def show(request: Request, context: ContextDep, code: LinkedCode, token: str) -> Response:
    status = await run_sync(context.dossiers.registry.status, code)
    offers = await run_sync(lambda: offered(context.dossiers.offers, status))
    return page(request, "dossier/show.html", dossier=status, token=token, offers=offers)
