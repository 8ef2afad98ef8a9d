"""A file that staff sent in the chat, for whoever holds its link."""

from __future__ import annotations

from anyio.to_thread import run_sync
from fastapi import APIRouter
from starlette.responses import Response

from bot.api.deps import ContextDep
from bot.api.downloads import download
from bot.pages.rendering import PageRoute

__all__ = ["router"]

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/talk-files/{token}")
async def talk_file(context: ContextDep, token: str) -> Response:
    return download(await run_sync(context.desk.files.by_link, token))
