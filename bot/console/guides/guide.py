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
        text = compared({}, guide_payload(row.published.guide))
        return values | {"answered": drafting.kb.get(code), "info": history.get(row.published.version), "text": text}

    return guide_page(
        request, "guide", staff=staff, published="published" in request.query_params,
        today=drafting.kb.snapshot().day, **await run_sync(gathered))
