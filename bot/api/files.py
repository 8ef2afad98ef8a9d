"""`GET /api/v1/conversations/{id}/files/{file_id}`: a file back to the conversation that may have it."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path
from starlette.responses import Response

from bot.api.deps import ContextDep, ConversationId
from bot.api.downloads import download
from bot.api.schemas import problems

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/conversations", tags=["files"])


@router.get(
    "/{conversation_id}/files/{file_id}",
    response_class=Response,
    responses={
        200: {
            "description": "The file, as an attachment.",
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in ("image/jpeg", "image/png", "application/pdf")
            },
        },
        **problems(401, 404, 422),
    },
)
async def file(
    context: ContextDep, conversation_id: ConversationId, file_id: Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
) -> Response:
    """A file that this conversation sent and has not submitted yet, or one of a dossier that it has access to."""
    return download(await run_sync(context.dossiers.papers.for_conversation, conversation_id, file_id))
