"""The picture of the card that asks for a telephone number: Zalo's servers and phones fetch it, so anybody may."""

from __future__ import annotations

from anyio.to_thread import run_sync
from fastapi import APIRouter
from starlette.responses import Response

from bot.api.deps import ContextDep
from bot.gateway.texts import problem
from bot.zalo.rendering.card import draw_card
from bot.zalo.rendering.info import CARD
from bot.zalo.words import zalo_texts
from common.errors import NotFound

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
# Shown by whatever shows the card, from an origin that isn't ours.
_HEADERS = {"Cache-Control": "public, max-age=86400", "Cross-Origin-Resource-Policy": "cross-origin"}


@router.api_route(CARD, methods=["GET", "HEAD"])
async def card(context: ContextDep) -> Response:
    """A PNG of 1280 × 720; drawn once a process."""
    if not context.zalo.settings.enabled:
        raise NotFound(problem("not_found"))
    texts = zalo_texts()
    by = texts.render("info.by", province=context.settings.province)
    content = await run_sync(draw_card, texts.render("info.card"), by)
    return Response(content, media_type="image/png", headers=_HEADERS)
