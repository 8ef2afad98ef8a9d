"""Templates of the citizens' pages, and errors as pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

from anyio.to_thread import run_sync
from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.templating import Jinja2Templates
from starlette.responses import RedirectResponse, Response

from actions.messages import day, duration, vnd
from bot.gateway.texts import problem
from common.clock import to_local
from common.errors import Forbidden, InvalidInput, ISeeError

__all__ = ["STATIC", "PageRoute", "SameSite", "go", "page", "post_or_again"]

T = TypeVar("T")
_HERE = Path(__file__).parent
STATIC = _HERE / "static"
_HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


def _moment(moment: datetime) -> str:
    return to_local(moment).strftime("%H:%M ngày %d/%m/%Y")


_templates = Jinja2Templates(_HERE / "templates")
_templates.env.filters |= {"vnd": vnd, "date": day, "duration": duration, "moment": _moment}
_templates.env.globals["today"] = date.today


def page(request: Request, name: str, *, status: int = 200, **values: Any) -> Response:
    """The template `name` rendered; `problem` is the sentence of an error above the content.

    Announcements to everybody stand above it; they are read at most once a second, whoever asks.
    """
    request.state.notices = request.app.state.context.switches.state().notices()
    return _templates.TemplateResponse(
        request, name, {"problem": "", **values}, status_code=status, headers=_HEADERS)


def go(address: str) -> RedirectResponse:
    """See other: after a post, so that a reload repeats nothing."""
    return RedirectResponse(address, 303, headers=_HEADERS)


async def post_or_again(
    work: Callable[[], T], there: Callable[[T], str], again: Callable[[ISeeError], Awaitable[Response]],
) -> Response:
    """Does what a form asks for, in a worker thread, and goes on; what can't be done is said on the page, `again`."""
    try:
        made = await run_sync(work)
    except ISeeError as error:
        return await again(error)
    return go(there(made))


class PageRoute(APIRoute):
    """A route whose errors are pages in plain words: `APIRouter(route_class=PageRoute, include_in_schema=False)`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await inner(request)
            except ISeeError as error:
                return _problem(request, error)
            except RequestValidationError:
                return _problem(request, InvalidInput(problem("page_form")))

        return guarded


def _problem(request: Request, error: ISeeError) -> Response:
    return page(request, "problem.html", status=error.status, title=error.title, problem=error.detail)


def _same_site(request: Request) -> None:
    """Refuses posts that another site's page makes in the citizen's browser (Fetch Metadata, W3C)."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden(problem("page_foreign"))


SameSite = Depends(_same_site)
SameSiteDep = Annotated[None, SameSite]
