"""What a person does in a conversation. An act begun on an older view is shown again instead of done; nothing typed is
lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request, UploadFile
from starlette.responses import Response

from bot.access.model import Staff
from bot.api.deps import ContextDep
from bot.console.desk.views import conversation_page
from bot.console.rendering import see_other
from bot.console.session import AgentDep, FormOf
from bot.context import Context
from bot.gateway.hub import DESK
from bot.gateway.turn import Upload
from common.errors import Conflict, InvalidInput, ISeeError, NotFound, NotReady, TooLarge
from common.messages import Reply

__all__ = ["router"]

router = APIRouter(prefix="/console/conversations/{conversation_id}", include_in_schema=False)
Epoch = Annotated[int, Form()]
Line = Annotated[str, Form(max_length=2000)]
Text = Annotated[str, Form(max_length=10_000)]
_SHOWN_AGAIN = (Conflict, InvalidInput, NotReady, TooLarge)


@router.post("/take")
async def take(
    request: Request, context: ContextDep, staff: AgentDep, _: FormOf, conversation_id: str, epoch: Epoch
) -> Response:
    return await _done(request, context, staff, conversation_id, context.desk.acts.take,
                       conversation_id, staff.name, epoch)


@router.post("/say")
async def say(
    request: Request, context: ContextDep, staff: AgentDep, _: FormOf, conversation_id: str, epoch: Epoch,
    text: Text = "",
) -> Response:
    return await _done(request, context, staff, conversation_id, context.desk.acts.say,
                       conversation_id, staff.name, epoch, text, draft=text)


@router.post("/answer")
async def answer(
    request: Request, context: ContextDep, staff: AgentDep, _: FormOf, conversation_id: str, epoch: Epoch,
    code: Line = "", aspect: Line = "", change: Line = "", draft: Text = "",
) -> Response:
    """Sends a guide's answer word for word with its provenance, or (`change`) puts its words into the reply box."""
    def found() -> Reply:
        return context.desk.answers.from_guide(code, aspect)

    return await _made(request, context, staff, conversation_id, epoch, found, change=change, draft=draft)


@router.post("/suggestion")
async def suggestion(
    request: Request, context: ContextDep, staff: AgentDep, _: FormOf, conversation_id: str, epoch: Epoch,
    message: Line = "", change: Line = "", draft: Text = "",
) -> Response:
    """Sends what the assistant would have said to the citizen's message, or puts it into the reply box."""
    def found() -> Reply:
        asked = next((said for said in context.store.messages(conversation_id) if said["id"] == message), None)
        procedure = context.store.get(conversation_id).last_procedure
        made = context.desk.answers.suggest(asked["text"], procedure) if asked else None
        if made is None:
            raise InvalidInput(context.desk.texts.render("problem.silent"), field="message")
        return made

    return await _made(request, context, staff, conversation_id, epoch, found, change=change, draft=draft)


@router.post("/file")
async def file(
    request: Request, context: ContextDep, staff: AgentDep, _: FormOf, conversation_id: str, epoch: Epoch,
    file: UploadFile,
) -> Response:
    arrived = Upload(file.filename or "", await file.read())
    return await _done(request, context, staff, conversation_id, context.desk.files.send,
                       conversation_id, staff.name, epoch, arrived)


@router.post("/note")
async def note(
    request: Request, context: ContextDep, staff: AgentDep, _: FormOf, conversation_id: str, note: Text = ""
) -> Response:
    return await _done(request, context, staff, conversation_id, context.desk.acts.note,
                       conversation_id, staff.name, note)


@router.post("/transfer")
async def transfer(
    request: Request, context: ContextDep, staff: AgentDep, _: FormOf, conversation_id: str, epoch: Epoch,
    reason: Line = "", to: Line = "", unit: Line = "",
) -> Response:
    """To a colleague who is at the desk, or to a unit's queue."""
    def hand_on() -> None:
        present = {one.name for one in context.desk.presence.everybody() if one.state in ("online", "busy")}
        if to and (to not in present or to == staff.name):
            raise InvalidInput(context.desk.texts.render("problem.colleague"), field="to")
        context.desk.acts.transfer(conversation_id, staff.name, epoch, reason, to=to, unit=unit)

    return await _done(request, context, staff, conversation_id, hand_on)


@router.post("/give-back")
async def give_back(
    request: Request, context: ContextDep, staff: AgentDep, _: FormOf, conversation_id: str, epoch: Epoch,
    outcome: Line = "resolved", note: Text = "",
) -> Response:
    return await _done(request, context, staff, conversation_id, context.desk.acts.give_back,
                       conversation_id, epoch, staff.name, outcome, note)


@router.post("/reveal")
async def reveal(
    request: Request, context: ContextDep, staff: AgentDep, _: FormOf, conversation_id: str, epoch: Epoch,
    message: Line = "", reason: Line = "",
) -> Response:
    """Shows a message as it was typed, once, after it was logged who wanted to see it and why."""
    try:
        shown = await run_sync(
            context.desk.words.reveal, conversation_id, message, staff.name, epoch, reason)
    except (Conflict, InvalidInput) as error:
        return await conversation_page(request, context, staff, conversation_id, error)
    return await conversation_page(request, context, staff, conversation_id, shown=shown)


@router.post("/typing")
async def typing(context: ContextDep, staff: AgentDep, _: FormOf, conversation_id: str) -> Response:
    if await run_sync(context.desk.typing.note, conversation_id, "agent", staff.name):
        context.hub.wake(conversation_id)
    return Response(status_code=204)


async def _made(
    request: Request, context: Context, staff: Staff, conversation_id: str, epoch: int, make: Callable[[], Reply], *,
    change: str, draft: str,
) -> Response:
    """Sends what `make` gives as it stands, or puts its words under what is in the reply box already."""
    try:
        reply = await run_sync(make)
    except (InvalidInput, NotFound) as error:
        return await conversation_page(request, context, staff, conversation_id, error, draft=draft)
    if change:
        together = "\n\n".join(part for part in (draft.strip(), reply.text) if part)
        return await conversation_page(request, context, staff, conversation_id, draft=together)
    return await _done(request, context, staff, conversation_id, context.desk.acts.say,
                       conversation_id, staff.name, epoch, reply, draft=draft)


async def _done(
    request: Request, context: Context, staff: Staff, conversation_id: str, act: Callable[..., Any], *given: Any,
    draft: str = "",
) -> Response:
    try:
        await run_sync(act, *given)
    except _SHOWN_AGAIN as error:
        assert isinstance(error, ISeeError)
        return await conversation_page(request, context, staff, conversation_id, error, draft=draft)
    context.hub.wake(conversation_id)
    context.hub.wake(DESK)
    return see_other(f"/console/conversations/{conversation_id}")
