"""Every error leaves as RFC 9457 `application/problem+json`, or as a plain page where a browser opened one."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bot.gateway.texts import problem
from common.database import why_away
from common.errors import InvalidInput, ISeeError, NotAuthenticated, NotFound, NotReady, TooLarge

__all__ = ["field_errors", "install", "problem_response"]

MEDIA_TYPE = "application/problem+json"
_COME_AGAIN_S = 5
_log = structlog.get_logger(__name__)


class _Problem(JSONResponse):
    """A problem document; whoever opened a page in a browser reads the same in words."""

    def __init__(self, error: ISeeError, headers: Mapping[str, str]) -> None:
        super().__init__(error.problem(), error.status, headers=dict(headers), media_type=MEDIA_TYPE)
        self._error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _opens_a_page(scope):
            await super().__call__(scope, receive, send)
            return
        headers = {name: value for name, value in self.headers.items() if not name.startswith("content-")}
        words = {"title": html.escape(self._error.title), "detail": html.escape(self._error.detail)}
        page = HTMLResponse(_page().substitute(words), self._error.status, headers=headers)
        await page(scope, receive, send)


def _opens_a_page(scope: Scope) -> bool:
    accepted = dict(scope["headers"]).get(b"accept", b"").lower()
    return b"text/html" in accepted and not scope["path"].startswith("/api/")


@cache
def _page() -> Template:
    return Template((Path(__file__).parent / "problem.html").read_text("utf-8"))


def problem_response(error: ISeeError, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The response to `error`, with the headers that its status asks for."""
    extra = dict(headers or {})
    if isinstance(error, NotAuthenticated):
        extra["WWW-Authenticate"] = "Bearer"
    if "retry_after" in error.extra:
        extra["Retry-After"] = str(max(1, round(error.extra["retry_after"])))
    return _Problem(error, extra)


def field_errors(errors: Iterable[Mapping[str, Any]]) -> InvalidInput:
    """One error for all fields at fault; what was sent is not repeated."""
    listed = [
        {"field": ".".join(str(part) for part in item["loc"] if part != "body"), "error": item["msg"]}
        for item in errors
    ]
    broken = any(item["type"] in ("json_invalid", "model_attributes_type") for item in errors)
    return InvalidInput(problem("body" if broken else "fields"), errors=listed)


def install(app: FastAPI) -> None:
    """Registers the handlers; what nobody handles is caught by `bot.api.middleware.RequestLog`."""

    async def isee_error(_request: Request, error: Exception) -> Response:
        assert isinstance(error, ISeeError)
        return problem_response(error)

    async def validation(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError | ValidationError)
        return problem_response(field_errors(error.errors()))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return problem_response(_from_http(request, error), error.headers)

    async def overrun(_request: Request, error: Exception) -> Response:
        # More work than the database takes at once: said so, instead of a fault that nobody can act on.
        return problem_response(NotReady(problem("crowded"), retry_after=_COME_AGAIN_S))

    async def away(request: Request, error: Exception) -> Response:
        # Restarted, unreachable or out of connections: what was sent can be sent again in a moment.
        why = why_away(error)
        if not why:
            raise error
        _log.error("database_away", method=request.method, why=why)
        return problem_response(NotReady(problem("away"), retry_after=_COME_AGAIN_S))

    async def unfit(request: Request, error: Exception) -> Response:
        # What no row can hold, e.g. a NUL or a number beyond its column (PostgreSQL refuses more of it than SQLite).
        _log.warning("unfit_value", method=request.method, error=type(getattr(error, "orig", error)).__name__)
        return problem_response(InvalidInput(problem("unfit")))

    app.add_exception_handler(ISeeError, isee_error)
    app.add_exception_handler(DataError, unfit)
    app.add_exception_handler(OverflowError, unfit)
    app.add_exception_handler(OperationalError, away)
    app.add_exception_handler(PoolTimeout, overrun)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(HTTPException, http)


def _from_http(request: Request, error: HTTPException) -> ISeeError:
    known: dict[int, ISeeError] = {
        401: NotAuthenticated(problem("token")),
        404: NotFound(problem("not_found")),
        413: TooLarge(problem("http")),
    }
    if error.status_code in known:
        return known[error.status_code]
    detail = problem("method", method=request.method) if error.status_code == 405 else problem("http")
    made = InvalidInput(detail) if error.status_code < 500 else ISeeError(detail)
    made.status = error.status_code
    return made
