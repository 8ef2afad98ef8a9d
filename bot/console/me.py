"""One's own account: password, second factor, sessions."""

from __future__ import annotations

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.qr import qr_image
from bot.console.rendering import console_page, see_other
from bot.console.session import FormOf, StaffDep, keep
from bot.console.signin import Code, Password
from bot.context import Context
from common.errors import InvalidInput, ISeeError, NotAuthenticated, TooManyRequests

__all__ = ["router"]

_ME = "/console/me"
router = APIRouter(prefix=_ME, include_in_schema=False)


@router.get("")
async def me(request: Request, context: ContextDep, staff: StaffDep, done: str = "") -> Response:
    return await _me(request, context, staff, done=done)


@router.post("/password")
async def change_password(
    request: Request, context: ContextDep, staff: StaffDep, _: FormOf, current: Password = "", password: Password = "",
    again: Password = "",
) -> Response:
    try:
        if password != again:
            raise InvalidInput("Hai lần nhập mật khẩu mới chưa giống nhau.", field="again")
        signed_in = await run_sync(context.accounts.change_password, staff, current, password)
    except (InvalidInput, NotAuthenticated, TooManyRequests) as error:
        return await _me(request, context, staff, error)
    return keep(see_other(f"{_ME}?done=password"), context, signed_in)


@router.get("/factor")
async def factor(request: Request, context: ContextDep, staff: StaffDep) -> Response:
    """The QR code to scan."""
    return await _factor(request, context, staff)


@router.post("/factor")
async def confirm_factor(
    request: Request, context: ContextDep, staff: StaffDep, _: FormOf, code: Code = ""
) -> Response:
    """Turns the second factor on; shows the recovery codes once."""
    try:
        signed_in, codes = await run_sync(context.accounts.confirm_factor, staff, code)
    except InvalidInput as error:
        return await _factor(request, context, staff, error)
    return keep(console_page(request, "access/codes.html", codes=codes, onward=_ME), context, signed_in)


@router.post("/factor/off")
async def stop_factor(
    request: Request, context: ContextDep, staff: StaffDep, _: FormOf, current: Password = ""
) -> Response:
    try:
        signed_in = await run_sync(context.accounts.stop_factor, staff, current)
    except (NotAuthenticated, TooManyRequests) as error:
        return await _me(request, context, staff, error)
    return keep(see_other(f"{_ME}?done=off"), context, signed_in)


@router.post("/factor/codes")
async def new_codes(
    request: Request, context: ContextDep, staff: StaffDep, _: FormOf, current: Password = ""
) -> Response:
    try:
        codes = await run_sync(context.accounts.new_codes, staff, current)
    except (InvalidInput, NotAuthenticated, TooManyRequests) as error:
        return await _me(request, context, staff, error)
    return console_page(request, "access/codes.html", codes=codes, onward=_ME)


@router.post("/sessions/{session_id}/end")
async def end_session(context: ContextDep, staff: StaffDep, _: FormOf, session_id: str) -> Response:
    await run_sync(context.accounts.sessions.revoke, staff.name, session_id, staff.name)
    return see_other(f"{_ME}?done=session")


@router.post("/sessions/end")
async def end_others(context: ContextDep, staff: StaffDep, _: FormOf) -> Response:
    await run_sync(context.accounts.sessions.revoke_all, staff.name, staff.name, staff.session)
    return see_other(f"{_ME}?done=sessions")


async def _me(
    request: Request, context: Context, staff: Staff, error: ISeeError | None = None, done: str = ""
) -> Response:
    on, codes_left = await run_sync(context.accounts.second_factor, staff.name)
    return console_page(
        request, "access/me.html", status=error.status if error else 200, problem=error.detail if error else "",
        staff=staff, on=on, codes_left=codes_left, demanded=staff.role in context.accounts.rules.second_factor,
        sessions=await run_sync(context.accounts.sessions.of, staff.name), done=done)


async def _factor(request: Request, context: Context, staff: Staff, error: ISeeError | None = None) -> Response:
    try:
        secret, address = await run_sync(context.accounts.begin_factor, staff)
    except InvalidInput:
        return see_other(_ME)
    return console_page(
        request, "access/factor.html", status=error.status if error else 200, problem=error.detail if error else "",
        staff=staff, secret=secret, qr=qr_image(address))
