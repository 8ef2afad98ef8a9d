"""One guide: what is published, its health, its draft, and where to go from here."""

from __future__ import annotations

from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.api.deps import ContextDep
from bot.console.guides.common import PREFIX, Code, compared, guide_page
from bot.console.session import CuratorDep
from common.errors import NotFound
from knowledge_base.publishing import guide_payload

__all__ = ["router"]

router = APIRouter(prefix=PREFIX, include_in_schema=False)


@router.get("/{code}")
async def show(request: Request, context: ContextDep, staff: CuratorDep, code: Code) -> Response:
    drafting = context.drafting

    def gathered() -> dict[str, Any]:
        row = drafting.listing.row(code)
        if row is None:
            raise NotFound(f"Chưa có thủ tục {code}.")
        values = {"row": row, "waiting": drafting.drafts.scheduled(code), "past": drafting.drafts.past(code, 10)}
        if row.published is None:
            return values | {"answered": None, "info": None, "text": []}
        history = {info.version: info for info in drafting.kb.history(code)}
        # A text on its own reads like a text that was added to nothing.
        text = compared({}, _with_names(guide_payload(row.published.guide)))
        return values | {"answered": drafting.kb.get(code), "info": history.get(row.published.version), "text": text}

    return guide_page(
        request, "guide", staff=staff, published="published" in request.query_params,
        today=drafting.kb.snapshot().day, **await run_sync(gathered))


def _with_names(payload: dict[str, Any]) -> dict[str, Any]:
    """The text with the cases' names where it refers to their ids, for reading."""
    names = {case["id"]: case["label"] for case in payload.get("cases", [])}

    def named(item: Any) -> Any:
        if not isinstance(item, dict):
            return item
        when = {"when": names.get(item["when"], item["when"])} if "when" in item else {}
        cases = {"cases": [names.get(case, case) for case in item["cases"]]} if "cases" in item else {}
        return item | when | cases

    told = ((key, [named(item) for item in value] if isinstance(value, list) and key != "cases" else value)
            for key, value in payload.items())
    return dict(told)
