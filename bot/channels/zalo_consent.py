"""Where Zalo sends the browser back after the OA's administrator consented.

No sign-in: the administrator need not be one of our staff. What counts is `state`, which only the console gives out,
once and for half an hour.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.templating import Jinja2Templates
from starlette.responses import Response

from bot.api.deps import ContextDep
from bot.zalo.consent import CALLBACK, ConsentFailed
from bot.zalo.notices import outgoing_texts
from common.errors import NotFound

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
# The address carries a code: it goes to nobody and is kept nowhere.
_HEADERS = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
_templates = Jinja2Templates(Path(__file__).parent / "templates")
_log = structlog.get_logger(__name__)


@router.get(CALLBACK)
async def callback(
    request: Request,
    context: ContextDep,
    code: Annotated[str, Query(max_length=2000)] = "",
    oa_id: Annotated[str, Query(max_length=32)] = "",
    state: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Exchanges the code and says how it went, in plain words."""
    if not context.zalo.settings.enabled:
        raise NotFound("zalo")
    texts = outgoing_texts()
    try:
        await context.zalo.consent.finish(code, oa_id, state)
        said, status = texts.render("consent.done"), 200
    except ConsentFailed as error:
        _log.warning("zalo_consent_failed", reason=error.reason, code=error.code)
        said = texts.render(f"consent.{error.reason}", code=error.code or "")
        status = 502 if error.reason == "unreachable" else 400
    values = {"title": texts.render("consent.title"), "said": said, "done": status == 200}
    return _templates.TemplateResponse(
        request, "zalo_consent.html", values, status_code=status, headers=_HEADERS)
