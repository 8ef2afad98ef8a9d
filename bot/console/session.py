"""Who is at the console: the session cookie, roles, and the token that guards every form."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import Depends, Form, Request
from starlette.responses import Response

from bot.access.model import SignedIn, Staff, Stage
from bot.api.deps import ContextDep
from bot.console.areas import ALLOWED, Area
from bot.context import Context
from common.errors import Forbidden, ISeeError

__all__ = [
    "COOKIE", "AdminDep", "AgentDep", "AssistantDep", "CuratorDep", "FormOf", "InboxDep", "ManagerDep", "OfficerDep",
    "PendingDep", "PendingForm", "SameSite", "SetupDep", "SignInNeeded", "StaffDep", "area", "compare", "keep",
]

COOKIE = "isee_console"
_SIGN_IN, _NEXT = "/console/login", "/console/login/next"


class SignInNeeded(ISeeError):
    """Nobody is signed in, or not completely; the console answers with the page at `address`."""

    status = 401

    def __init__(self, detail: str, address: str = _SIGN_IN) -> None:
        super().__init__(detail)
        self.address = address


async def _someone(request: Request, context: ContextDep) -> Staff:
    """Whoever the cookie belongs to, whatever the session still lacks."""
    # What a page fetches by itself (polling, event streams) is no sign that somebody sits there.
    active = request.method != "GET" or request.headers.get("sec-fetch-mode", "navigate") == "navigate"
    token = request.cookies.get(COOKIE, "")
    staff = await run_sync(lambda: context.accounts.sessions.find(token, active=active))
    if staff is None:
        raise SignInNeeded("Phiên làm việc đã hết, vui lòng đăng nhập.")
    return staff


async def _staff(request: Request, someone: Annotated[Staff, Depends(_someone)]) -> Staff:
    if someone.stage is not Stage.FULL:
        raise SignInNeeded("Việc đăng nhập chưa xong.", _NEXT)
    request.state.staff = someone  # a page about an error has the menu, too
    return someone


async def _pending(someone: Annotated[Staff, Depends(_someone)]) -> Staff:
    if someone.stage is Stage.FULL:
        raise SignInNeeded("", "/console/")
    return someone


StaffDep = Annotated[Staff, Depends(_staff)]
PendingDep = Annotated[Staff, Depends(_pending)]
"""Somebody in the middle of signing in."""


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


async def _same_site(request: Request) -> None:
    """Refuses posts that another site's page makes in this browser (Fetch Metadata, W3C)."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("Yêu cầu này không được gửi từ bàn làm việc nên không được thực hiện.")


SameSite = Annotated[None, Depends(_same_site)]
Csrf = Annotated[str, Form(max_length=100)]


async def _guarded(_: SameSite, staff: StaffDep, csrf: Csrf = "") -> None:
    compare(staff, csrf)


async def _guarded_pending(_: SameSite, staff: PendingDep, csrf: Csrf = "") -> None:
    compare(staff, csrf)


def compare(staff: Staff, csrf: str) -> None:
    """Holds a form's token against the session's, for a route that reads a large form itself, and only once it knows
    who sends (such a route asks for `SameSite`, too). Raises Forbidden."""
    if not hmac.compare_digest(csrf.encode(), staff.csrf.encode()):
        raise Forbidden("Biểu mẫu đã hết hiệu lực, vui lòng tải lại trang.")


FormOf = Annotated[None, Depends(_guarded)]
PendingForm = Annotated[None, Depends(_guarded_pending)]


def keep(answer: Response, context: Context, signed_in: SignedIn) -> Response:
    """`answer` with the session's new token in the browser's cookie."""
    life: timedelta = context.accounts.rules.life
    answer.set_cookie(
        COOKIE, signed_in.token, max_age=int(life.total_seconds()), path="/console", httponly=True, samesite="strict",
        secure=context.settings.base_url.startswith("https:"))
    return answer
