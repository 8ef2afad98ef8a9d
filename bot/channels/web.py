"""The web channel: conversations over POST and an event stream (DESIGN 4.2)."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, Response

from bot.api.deps import ClientKey, ContextDep, ConversationId
from bot.api.holder import remember
from bot.api.problems import field_errors
from bot.api.schemas import (
    ConversationIn,
    ConversationOut,
    FeedbackIn,
    MessageIn,
    MessagesOut,
    TurnOut,
    problems,
)
from bot.api.standing import standing
from bot.channels import keeping
from bot.channels.events import event_stream
from bot.gateway.texts import feedback_note, greeting, problem
from bot.gateway.turn import Inbound, Upload
from common.errors import InvalidInput, NotFound, TooManyRequests

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/conversations", tags=["conversations"])
router.include_router(keeping.router)

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": MessageIn.model_json_schema(),
                "examples": {
                    "text": {"value": MessageIn.model_config["json_schema_extra"]["examples"][0]},  # type: ignore[index]
                    "payload": {"value": MessageIn.model_config["json_schema_extra"]["examples"][1]},  # type: ignore[index]
                },
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "client_id": {"type": "string"},
                    },
                }
            },
        },
    }
}


@router.post("", status_code=201, response_model=ConversationOut, responses=problems(422, 429))
async def open_conversation(context: ContextDep, client: ClientKey, body: ConversationIn | None = None) -> JSONResponse:
    """Opens a conversation; the first message says that an automatic assistant answers."""
    seconds = await context.new_conversations.wait(client)
    if seconds:
        raise TooManyRequests(problem("many_conversations", seconds=int(seconds)), retry_after=seconds)
    language = (body or ConversationIn()).language
    said = greeting(context.settings.province, language)
    opened = await run_sync(lambda: context.store.open(said, language=language))
    answer = JSONResponse({"id": opened.id, "token": opened.token, "messages": opened.messages}, 201)
    remember(answer, context, opened.id)
    return answer


@router.post(
    "/{conversation_id}/messages",
    response_model=TurnOut,
    responses=problems(401, 413, 422, 429),
    openapi_extra=_BODY,
)
async def post_message(
    context: ContextDep, client: ClientKey, conversation_id: ConversationId, request: Request
) -> JSONResponse:
    """One turn: text, a button's payload, or a file. Repeating a `client_id` returns the first result."""
    inbound = replace(await _inbound(request, conversation_id), client=client)
    outcome = await context.gateway.handle(inbound)
    return JSONResponse(
        {
            "messages": await run_sync(context.reveal.messages, conversation_id, outcome.messages),
            "owner": outcome.owner,
            "status": outcome.status.value,
            "took_ms": outcome.took_ms,
            "citizen_message": outcome.citizen_message,
            "citizen_text": outcome.citizen_text,
        }
    )


@router.get("/{conversation_id}/messages", response_model=MessagesOut, responses=problems(401))
async def list_messages(
    context: ContextDep, conversation_id: ConversationId, after: Annotated[str, Query(max_length=26)] = ""
) -> JSONResponse:
    """The conversation so far, or what came after the message `after`."""

    def read() -> dict[str, Any]:
        conversation = context.store.get(conversation_id)
        stored = context.store.messages(conversation_id, after)
        return {"messages": context.reveal.messages(conversation_id, stored), **standing(context, conversation)}

    return JSONResponse(await run_sync(read))


@router.get(
    "/{conversation_id}/events",
    responses={
        200: {
            "content": {"text/event-stream": {}},
            "description": "Events `message` (id, Message), `owner` and `typing` (author); take no note of others.",
        },
        **problems(401, 429, 503),
    },
    response_class=Response,
)
async def events(
    context: ContextDep, client: ClientKey, conversation_id: ConversationId, request: Request
) -> Response:
    """Server-sent events. Resumes after the header `Last-Event-ID`; without it, starts with what comes next."""
    return await event_stream(context, conversation_id, client, request.headers.get("Last-Event-ID"))


@router.post("/{conversation_id}/typing", status_code=204, responses=problems(401))
async def typing(context: ContextDep, conversation_id: ConversationId) -> None:
    """Tells the person who has the conversation that the citizen is typing; without one, nothing is kept."""
    await run_sync(context.desk.typing.note, conversation_id, "citizen")


@router.post("/{conversation_id}/feedback", status_code=204, responses=problems(401, 404, 422))
async def feedback(context: ContextDep, conversation_id: ConversationId, body: FeedbackIn) -> None:
    """Keeps the citizen's word on one answer; a later word replaces the earlier."""
    note = feedback_note(body.reasons, context.mask(body.note.strip()))
    try:
        await run_sync(lambda: context.store.rate(conversation_id, body.message_id, helpful=body.helpful, note=note))
    except NotFound as error:
        raise NotFound(problem("message")) from error


@router.delete("/{conversation_id}", status_code=204, responses=problems(401))
async def erase(context: ContextDep, conversation_id: ConversationId) -> None:
    """Erases the conversation and all that hangs on it. Dossiers that were submitted stay: they are the office's."""
    await run_sync(context.eraser.erase, conversation_id)
    context.hub.wake(conversation_id)


async def _inbound(request: Request, conversation_id: str) -> Inbound:
    """Reads JSON or multipart. Raises InvalidInput."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await _multipart(request, conversation_id)
    try:
        body = MessageIn.model_validate_json(await request.body())
    except ValidationError as error:
        raise field_errors(error.errors()) from error
    return Inbound(conversation_id, body.client_id or str(uuid.uuid4()), body.text, body.payload)


async def _multipart(request: Request, conversation_id: str) -> Inbound:
    async with request.form(max_files=1, max_fields=4) as form:
        file, client_id = form.get("file"), form.get("client_id")
        if not isinstance(file, UploadFile):
            raise InvalidInput(problem("no_file"), field="file")
        try:
            named = MessageIn(text="", client_id=client_id if isinstance(client_id, str) else None).client_id
        except ValidationError as error:
            raise field_errors(error.errors()) from error
        upload = Upload(file.filename or "", await file.read())
    return Inbound(conversation_id, named or str(uuid.uuid4()), upload=upload)
