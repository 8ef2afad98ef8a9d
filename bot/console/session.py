"""Who is at the console: the session cookie, roles, and the token that guards every form."""

from __future__ import annotations

import hmac
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import Depends, Form, Request

from bot.api.deps import ContextDep
from bot.console.accounts import Staff
from bot.console.areas import ALLOWED, Area
from common.errors import Forbidden, ISeeError

__all__ = [
    "COOKIE", "AdminDep", "AgentDep", "AssistantDep", "CuratorDep", "FormOf", "InboxDep", "ManagerDep", "OfficerDep",
    "SetupDep", "SignInNeeded", "StaffDep", "area",
]

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


def area(where: Area) -> Any:
    """A dependency that lets in only the roles of an area. Raises Forbidden."""

    async def entered(staff: StaffDep) -> Staff:
        if staff.role not in ALLOWED[where]:
            raise Forbidden("Tài khoản này không có quyền làm việc này.")
        return staff

    entered.__dict__["area"] = where  # read by the test that walks all routes and roles
    return Depends(entered)


AgentDep = Annotated[Staff, area(Area.DESK)]
CuratorDep = Annotated[Staff, area(Area.KNOWLEDGE)]
InboxDep = Annotated[Staff, area(Area.INBOX)]
OfficerDep = Annotated[Staff, area(Area.DOSSIERS)]
AssistantDep = Annotated[Staff, area(Area.COUNTER)]
SetupDep = Annotated[Staff, area(Area.SETUP)]
ManagerDep = Annotated[Staff, area(Area.STEERING)]
AdminDep = Annotated[Staff, area(Area.ACCESS)]


async def _guarded(staff: StaffDep, csrf: Annotated[str, Form(max_length=100)] = "") -> None:
    if not hmac.compare_digest(csrf.encode(), staff.csrf.encode()):
        raise Forbidden("Biểu mẫu đã hết hiệu lực, vui lòng tải lại trang.")


FormOf = Annotated[None, Depends(_guarded)]
