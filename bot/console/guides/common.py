"""What the pages of guides share: types of their inputs, and rendering with the form's labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Form, Path, Request
from starlette.responses import Response

from bot.access.model import Staff
from bot.console.guides.fields import label, sections, spoken
from bot.console.guides.wording import plainly, where
from bot.console.rendering import console_page
from bot.console.session import compare
from common.errors import ISeeError
from knowledge_base.drafting.diff import Change, changes
from knowledge_base.shipped import SHIPPED_AUTHOR

__all__ = ["Code", "PREFIX", "Reason", "address", "compared", "first", "guide_page", "long_form"]

PREFIX = "/console/guides"
# The longest guide of the catalogue has some hundred papers of six values each.
_MOST_FIELDS = 20_000
Code = Annotated[str, Path(max_length=40)]
Reason = Annotated[str, Form(max_length=2000)]


async def long_form(request: Request, staff: Staff) -> dict[str, list[str]]:
    """The values of a form with more fields than a route's own parameters may bring, by name, in their order.

    Its route asks for `SameSite` in place of `FormOf`; the session's token is compared here. Raises Forbidden.
    """
    form = await request.form(max_fields=_MOST_FIELDS, max_files=0)
    typed: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            typed.setdefault(name, []).append(value)
    compare(staff, first(typed, "csrf"))
    return typed


def first(typed: Mapping[str, list[str]], name: str) -> str:
    """The value of a field that stands once; "" where it is missing."""
    return typed.get(name, [""])[0]


def address(code: str, below: str = "") -> str:
    """The page of a guide, or one below it."""
    return f"{PREFIX}/{code}{below}"


def guide_page(request: Request, name: str, error: ISeeError | None = None, **values: Any) -> Response:
    """A template of this part; `error` is said above the page, which keeps what was typed."""
    return console_page(
        request, f"guides/{name}.html", status=error.status if error else 200, problem=error.detail if error else "",
        **{"sections": sections(), "label": label, "spoken": spoken, "plainly": plainly, "where": where,
           "shipped": SHIPPED_AUTHOR, **values})



def compared(old: Mapping[str, Any], new: Mapping[str, Any], only: Sequence[str] | None = None) -> list[Change]:
    """What changed, in the words of the form."""
    return changes(old, new, only, spoken)
