"""The console's templates. Routes read, call a service and render; texts stand in the templates."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.templating import Jinja2Templates
from starlette.responses import RedirectResponse, Response

from actions.messages import day, vnd
from bot.console.areas import ALLOWED, menu
from common.clock import to_local, utc_now

__all__ = ["CONSOLE", "console_page", "fragment", "see_other"]

CONSOLE = Path(__file__).parent


def _when(moment: datetime) -> str:
    return to_local(moment).strftime("%H:%M %d/%m/%Y")


def _waited(since: datetime) -> str:
    """How long ago, as people say it: "dưới 1 phút", "12 phút", "1 giờ 5 phút", "2 ngày"."""
    minutes = int((utc_now() - since).total_seconds() // 60)
    if minutes < 1:
        return "dưới 1 phút"
    hours, rest = divmod(minutes, 60)
    if hours >= 24:
        return f"{hours // 24} ngày"
    return " ".join(part for part in (f"{hours} giờ" if hours else "", f"{rest} phút" if rest else "") if part)


def _percent(share: float) -> str:
    text = f"{share * 100:.1f}".replace(".", ",").removesuffix(",0")
    return f"{text}\N{NO-BREAK SPACE}%"


def _decimal(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")


def _signed(value: float) -> str:
    """With a true minus sign, so that it isn't read as a dash."""
    return f"{value:+.1f}".replace(".", ",").replace("-", "\u2212")


_templates = Jinja2Templates(CONSOLE / "templates")
_templates.env.filters |= {
    "when": _when, "waited": _waited, "date": day, "vnd": vnd, "percent": _percent, "decimal": _decimal,
    "signed": _signed,
}
_templates.env.globals |= {"menu": menu, "allowed": ALLOWED, "now": utc_now}


def console_page(request: Request, name: str, *, status: int = 200, **values: Any) -> Response:
    """The template `name`; `problem` is the sentence of an error above the content.

    A page is always rendered whole; what htmx asks for anew, it picks out of the page itself (`hx-select`).
    """
    return _templates.TemplateResponse(request, name, {"staff": None, "problem": "", **values}, status_code=status)


def fragment(name: str, **values: Any) -> str:
    """The template `name` as text, for what is sent to an open page."""
    return _templates.env.get_template(name).render(values)


def see_other(address: str) -> RedirectResponse:
    """After a post, so that a reload repeats nothing."""
    return RedirectResponse(address, 303)
