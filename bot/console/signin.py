"""Signing in and out."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from bot.api.deps import ContextDep
from bot.console.accounts import SESSION_LIFE
from bot.console.areas import home
from bot.console.rendering import console_page, see_other
from bot.console.session import COOKIE, FormOf, SignInNeeded, StaffDep
from common.errors import NotAuthenticated, TooManyRequests

__all__ = ["router"]

router = APIRouter(prefix="/console", include_in_schema=False)


@router.get("/")
async def start(staff: StaffDep) -> Response:
    return see_other(home(staff.role))


@router.get("/login")
async def login_page(request: Request) -> Response:
    return console_page(request, "login.html")


@router.post("/login")
async def login(
    request: Request,
    context: ContextDep,
    name: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=200)],
) -> Response:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise SignInNeeded("")
    try:
        token = await run_sync(context.accounts.sign_in, name, password)
    except (NotAuthenticated, TooManyRequests) as error:
        return console_page(request, "login.html", status=error.status, problem=error.detail)
    answer = see_other("/console/")
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION_LIFE.total_seconds()),
        path="/console",
        httponly=True,
        samesite="strict",
        secure=context.settings.base_url.startswith("https:"),
    )
    return answer


@router.post("/logout")
async def logout(request: Request, context: ContextDep, _: FormOf) -> Response:
    await run_sync(context.accounts.sign_out, request.cookies.get(COOKIE, ""))
    answer = see_other("/console/login")
    answer.delete_cookie(COOKIE, path="/console")
    return answer
