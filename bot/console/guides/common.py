"""What the pages of guides share: types of their inputs, and rendering with the form's labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Form, Path, Request
from starlette.responses import Response

from bot.console.guides.fields import label, sections, spoken
from bot.console.guides.wording import plainly, where
from bot.console.rendering import console_page
from common.errors import ISeeError
from knowledge_base.drafting.diff import Change, changes

__all__ = ["Code", "PREFIX", "Reason", "address", "compared", "guide_page"]

PREFIX = "/console/guides"
Code = Annotated[str, Path(pattern=r"^[0-9A-Z.]{8,40}$")]
Reason = Annotated[str, Form(max_length=2000)]


def address(code: str, below: str = "") -> str:
    """The page of a guide, or one below it."""
    return f"{PREFIX}/{code}{below}"


def guide_page(request: Request, name: str, error: ISeeError | None = None, **values: Any) -> Response:
    """A template of this part; `error` is said above the page, which keeps what was typed."""
    return console_page(
        request, f"guides/{name}.html", status=error.status if error else 200, problem=error.detail if error else "",
        **{"sections": sections(), "label": label, "spoken": spoken, "plainly": plainly, "where": where,
           **values})



def compared(old: Mapping[str, Any], new: Mapping[str, Any], only: Sequence[str] | None = None) -> list[Change]:
    """What changed, in the words of the form."""
    return changes(old, new, only, spoken)
