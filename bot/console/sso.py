"""Signing in with the organisation's account, where a setting turns it on."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Cookie, Request
from starlette.responses import RedirectResponse, Response

from bot.access.sso import LOGIN_LIFE_S
from bot.api.deps import ContextDep
from bot.console.rendering import console_page
from bot.console.session import keep
from bot.console.signin import device, login_page
from common.errors import Forbidden, NotAuthenticated, NotReady

__all__ = ["router"]

_COOKIE = "isee_console_sso"
_PATH = "/console/login/sso"
router = APIRouter(prefix=_PATH, include_in_schema=False)


@router.get("/start")
async def start(request: Request, context: ContextDep) -> Response:
    """Off to the provider. A plain link, so that no form of ours leads to another site (CSP)."""
    try:
        begun = await run_sync(context.staff_login.begin)
    except (Forbidden, NotReady) as error:
        return login_page(request, context, error)
    answer = RedirectResponse(begun.address, 303, headers={"Referrer-Policy": "no-referrer"})
    answer.set_cookie(
        _COOKIE, begun.cookie, max_age=LOGIN_LIFE_S, path=_PATH, httponly=True, samesite="lax",
        secure=context.settings.base_url.startswith("https:"))
    return answer


@router.get("/callback")
async def callback(
    request: Request, context: ContextDep, cookie: Annotated[str, Cookie(alias=_COOKIE, max_length=4000)] = ""
) -> Response:
    """The provider sends the browser back here.

    The answer is a page that goes on by itself: a redirect would still count as coming from the provider's site, and
    the session's strict cookie would stay behind.
    """
    query = {name: value for name, value in request.query_params.items() if len(value) <= 4000}
    try:
        signed_in = await run_sync(context.staff_login.finish, query, cookie, device(request))
    except (Forbidden, NotAuthenticated, NotReady) as error:
        answer = login_page(request, context, error)
    else:
        answer = keep(console_page(request, "access/entered.html"), context, signed_in)
    answer.delete_cookie(_COOKIE, path=_PATH)
    return answer
