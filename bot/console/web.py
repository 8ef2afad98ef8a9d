"""The console as a whole: its routers, style sheet, sign-in redirect and error page."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from bot.api.problems import field_errors, problem_response
from bot.console import (
    appointments,
    assisted,
    audit_page,
    calendar,
    centres,
    desk,
    dossier_list,
    dossiers,
    files,
    golden,
    guides,
    lab,
    me,
    outbox,
    payments,
    people,
    recall,
    results,
    rights,
    signin,
    sso,
    switches,
)
from bot.console.inbox import groups as unanswered
from bot.console.inbox import phrasing
from bot.console.rendering import CONSOLE, console_page, see_other
from bot.console.reports import routes as reports
from bot.console.session import SignInNeeded
from bot.console.zalo import routes as zalo
from common.errors import InvalidInput, ISeeError

__all__ = ["install_console"]

_PARTS = (
    signin, sso, me, people, audit_page, switches, desk, unanswered, phrasing, dossier_list, dossiers, files,
    calendar, results, outbox, rights, centres, appointments, assisted, payments, reports, lab, golden, recall,
    guides, zalo,
)


def install_console(app: FastAPI) -> None:
    """Adds the console's routes, its style sheet, and the way to the sign-in page."""
    for part in _PARTS:
        app.include_router(part.router)
    app.mount("/console/static", StaticFiles(directory=CONSOLE / "static"), name="console-static")

    async def to_sign_in(request: Request, error: Exception) -> Response:
        assert isinstance(error, SignInNeeded)
        if request.headers.get("hx-request"):  # a redirect would put the sign-in page into a part of this one
            return Response(status_code=401, headers={"HX-Redirect": error.address})
        return see_other(error.address)

    async def console_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, ISeeError)
        if not request.url.path.startswith("/console/"):
            return problem_response(error)
        return _error_page(request, error)

    async def console_fields(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        found = field_errors(error.errors())
        if not request.url.path.startswith("/console/"):
            return problem_response(found)
        names = ", ".join(sorted({str(item["field"]).rsplit(".", 1)[-1] for item in found.extra["errors"]}))
        return _error_page(request, InvalidInput(
            f"Địa chỉ trang hoặc dữ liệu gửi lên chưa đúng ở mục: {names}. Anh/chị quay lại trang trước rồi thử lại."))

    app.add_exception_handler(SignInNeeded, to_sign_in)
    app.add_exception_handler(ISeeError, console_problem)
    app.add_exception_handler(RequestValidationError, console_fields)


def _error_page(request: Request, error: ISeeError) -> Response:
    staff = getattr(request.state, "staff", None)
    return console_page(
        request, "error.html", status=error.status, staff=staff, title=error.title, why=error.detail)
