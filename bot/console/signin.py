"""Signing in, step by step, and out."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from bot.access.model import Staff, Stage
from bot.access.sessions import device_name
from bot.api.deps import ClientKey, ContextDep
from bot.console.areas import home
from bot.console.qr import qr_image
from bot.console.rendering import console_page, see_other
from bot.console.session import COOKIE, FormOf, PendingDep, PendingForm, SignInNeeded, StaffDep, keep
from bot.context import Context
from common.errors import InvalidInput, ISeeError, NotAuthenticated, TooManyRequests

__all__ = ["Code", "Password", "device", "login_page", "router"]

router = APIRouter(prefix="/console", include_in_schema=False)
Password = Annotated[str, Form(max_length=200)]
Code = Annotated[str, Form(max_length=40)]


@router.get("/")
async def start(staff: StaffDep) -> Response:
    return see_other(home(staff.role))


@router.get("/login")
async def login_form(request: Request, context: ContextDep) -> Response:
    return login_page(request, context)


@router.post("/login")
async def login(
    request: Request, context: ContextDep, client: ClientKey, name: Annotated[str, Form(max_length=64)],
    password: Password,
) -> Response:
    """Checks name and password. One address may fail only so often in a minute, whatever the names."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise SignInNeeded("")
    try:
        seconds = await context.failed_sign_ins.left(client)
        if seconds:
            raise TooManyRequests(
                f"Có quá nhiều lần đăng nhập sai từ nơi này, vui lòng thử lại sau {int(seconds)} giây.", seconds)
        signed_in = await run_sync(context.accounts.sign_in, name, password, device(request))
    except (NotAuthenticated, TooManyRequests) as error:
        await context.failed_sign_ins.wait(client)
        return login_page(request, context, error)
    return keep(see_other("/console/" if signed_in.stage is Stage.FULL else "/console/login/next"), context, signed_in)


@router.get("/login/next")
async def next_step(request: Request, context: ContextDep, staff: PendingDep) -> Response:
    """What is still lacking: a code, a password of one's own, or a second factor."""
    return await _step(request, context, staff)


@router.post("/login/code")
async def enter_code(
    request: Request, context: ContextDep, staff: PendingDep, _: PendingForm, code: Code = ""
) -> Response:
    try:
        signed_in = await run_sync(context.accounts.enter_code, staff, code)
    except (NotAuthenticated, TooManyRequests) as error:
        return await _step(request, context, staff, error)
    return keep(see_other("/console/login/next"), context, signed_in)


@router.post("/login/password")
async def first_password(
    request: Request, context: ContextDep, staff: PendingDep, _: PendingForm, password: Password = "",
    again: Password = "",
) -> Response:
    """A password of one's own in place of the generated one."""
    try:
        if password != again:
            raise InvalidInput("Hai lần nhập mật khẩu mới chưa giống nhau.", field="again")
        signed_in = await run_sync(context.accounts.change_password, staff, "", password)
    except InvalidInput as error:
        return await _step(request, context, staff, error)
    return keep(see_other("/console/login/next"), context, signed_in)


@router.post("/login/factor")
async def first_factor(
    request: Request, context: ContextDep, staff: PendingDep, _: PendingForm, code: Code = ""
) -> Response:
    """Sets up the second factor that the role needs; shows the recovery codes once."""
    try:
        signed_in, codes = await run_sync(context.accounts.confirm_factor, staff, code)
    except InvalidInput as error:
        return await _step(request, context, staff, error)
    return keep(console_page(request, "access/codes.html", codes=codes, onward="/console/"), context, signed_in)


@router.post("/logout")
async def logout(request: Request, context: ContextDep, _: FormOf) -> Response:
    await run_sync(context.accounts.sign_out, request.cookies.get(COOKIE, ""))
    answer = see_other("/console/login")
    answer.delete_cookie(COOKIE, path="/console")
    return answer


def device(request: Request) -> str:
    return device_name(request.headers.get("user-agent", ""))


def login_page(request: Request, context: Context, error: ISeeError | None = None) -> Response:
    """The sign-in page, with the other way in where it is on."""
    other = context.staff_login.name if context.staff_login.on else ""
    return console_page(
        request, "login.html", status=error.status if error else 200, problem=error.detail if error else "",
        other=other)


async def _step(request: Request, context: Context, staff: Staff, error: ISeeError | None = None) -> Response:
    values: dict[str, str] = {}
    if staff.stage is Stage.ENROL:
        secret, address = await run_sync(context.accounts.begin_factor, staff)
        values = {"secret": secret, "qr": qr_image(address)}
    return console_page(
        request, f"access/step_{staff.stage}.html", status=error.status if error else 200,
        problem=error.detail if error else "", csrf=staff.csrf, account=staff.name, **values)
