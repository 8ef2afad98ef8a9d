"""What a citizen takes along from a conversation (transcript, code for another device) or leaves in it (a score)."""

from __future__ import annotations

from anyio.to_thread import run_sync
from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from bot.api.deps import ClientKey, ContextDep, ConversationId
from bot.api.schemas import CodeOut, ResumedOut, ResumeIn, ScoreIn, ScoreOut, problems
from bot.channels.transcript import file_name, transcript

__all__ = ["router"]

router = APIRouter()


@router.get(
    "/{conversation_id}/transcript",
    responses={200: {"content": {"text/plain": {}}, "description": "The conversation as a file."}, **problems(401)},
    response_class=Response,
)
async def download_transcript(context: ContextDep, conversation_id: ConversationId) -> Response:
    """What was said, with the guide versions and sources of the answers, as a text file to keep."""
    text = await run_sync(transcript, context.store, conversation_id)
    name = await run_sync(file_name, context.store, conversation_id)
    return Response(
        text, media_type="text/plain; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.post("/{conversation_id}/code", status_code=201, response_model=CodeOut, responses=problems(401))
async def make_code(context: ContextDep, conversation_id: ConversationId) -> JSONResponse:
    """A code that takes the conversation to another device: good once, for ten minutes. It voids the one before."""
    made = await run_sync(context.devices.issue, conversation_id)
    return JSONResponse({"code": made.code, "expires_at": made.expires_at.isoformat()}, 201)


@router.post("/resume", response_model=ResumedOut, responses=problems(422, 429))
async def resume(context: ContextDep, client: ClientKey, body: ResumeIn) -> JSONResponse:
    """Takes up a conversation by its code; the token is this device's own. Wrong, used and expired codes look alike.

    The browser isn't noted as the conversation's holder (`bot.api.holder`): a code can be talked into somebody, and a
    login through it then still asks to be confirmed in the conversation.
    """
    async with context.guesses.one(client):
        conversation_id, token = await run_sync(context.devices.redeem, body.code)
    context.hub.wake(conversation_id)
    return JSONResponse({"id": conversation_id, "token": token})


@router.get("/{conversation_id}/score", response_model=ScoreOut, responses=problems(401))
async def score_wanted(context: ContextDep, conversation_id: ConversationId) -> JSONResponse:
    """Whether to ask how it was when the citizen ends the conversation: once, and only where the bot answered."""
    return JSONResponse({"ask": await run_sync(context.desk.scores.open, conversation_id)})


@router.post("/{conversation_id}/score", status_code=204, responses=problems(401, 422))
async def score(context: ContextDep, conversation_id: ConversationId, body: ScoreIn) -> None:
    """How the citizen found a conversation with the bot, 1 (bad) to 5 (good); a later score replaces the earlier."""
    await run_sync(context.desk.scores.keep, conversation_id, body.score, body.note)
