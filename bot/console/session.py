"""Who is at the console: the session cookie, roles, and the token that guards every form."""

from __future__ import annotations

import hmac
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import Depends, Form, Request

from bot.api.deps import ContextDep
from bot.console.accounts import Role, Staff
from common.errors import Forbidden, ISeeError

__all__ = ["COOKIE", "AgentDep", "AssistantDep", "DeskDep", "FormOf", "OfficerDep", "SignInNeeded", "StaffDep"]

COOKIE = "isee_console"


class SignInNeeded(ISeeError):
    """Nobody is signed in; the console answers with its sign-in page."""

    status = 401


async def _staff(request: Request, context: ContextDep) -> Staff:
    staff = await run_sync(context.accounts.signed_in, request.cookies.get(COOKIE, ""))
    if staff is None:
        raise SignInNeeded("Phiên làm việc đã hết, vui lòng đăng nhập.")
    return staff


StaffDep = Annotated[Staff, Depends(_staff)]


async def _agent(staff: StaffDep) -> Staff:
    return _with_role(staff, Role.AGENT)


async def _officer(staff: StaffDep) -> Staff:
    return _with_role(staff, Role.OFFICER)


async def _desk(staff: StaffDep) -> Staff:
    return _with_role(staff, Role.AGENT, Role.OFFICER)


async def _assistant(staff: StaffDep) -> Staff:
    return _with_role(staff, Role.ASSISTANT, Role.OFFICER)


AgentDep = Annotated[Staff, Depends(_agent)]
OfficerDep = Annotated[Staff, Depends(_officer)]
DeskDep = Annotated[Staff, Depends(_desk)]
"""Who reads what citizens wrote: agents and officers."""
AssistantDep = Annotated[Staff, Depends(_assistant)]
"""Staff at a counter: those who help citizens there, and officers."""


async def _guarded(staff: StaffDep, csrf: Annotated[str, Form(max_length=100)] = "") -> None:
    if not hmac.compare_digest(csrf.encode(), staff.csrf.encode()):
        raise Forbidden("Biểu mẫu đã hết hiệu lực, vui lòng tải lại trang.")


FormOf = Annotated[None, Depends(_guarded)]


def _with_role(staff: Staff, *roles: Role) -> Staff:
    if staff.role not in (*roles, Role.ADMIN):
        raise Forbidden("Tài khoản này không có quyền làm việc này.")
    return staff
