"""The agent's desk: conversations that wait for a person, taken over, spoken in and given back."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from bot.api.deps import ContextDep
from bot.console.accounts import Staff
from bot.console.rendering import console_page, see_other
from bot.console.session import AgentDep, FormOf
from bot.context import Context
from common.errors import Conflict, InvalidInput, ISeeError, NotFound
from common.identifiers import mask

__all__ = ["router"]

_LONGEST_REPLY = 2000
router = APIRouter(prefix="/console/conversations", include_in_schema=False)


@router.get("")
async def conversations(request: Request, context: ContextDep, staff: AgentDep) -> Response:
    tickets = {ticket.conversation_id: ticket for ticket in await run_sync(context.tickets.unsettled)}
    found = await run_sync(context.desk.waiting)
    return console_page(request, "conversations.html", staff=staff, conversations=found, tickets=tickets)


@router.get("/{conversation_id}")
async def conversation(request: Request, context: ContextDep, staff: AgentDep, conversation_id: str) -> Response:
    return await _conversation(request, context, staff, conversation_id)


@router.post("/{conversation_id}/{act}")
async def act_in_conversation(
    request: Request,
    context: ContextDep,
    staff: AgentDep,
    _: FormOf,
    conversation_id: str,
    act: str,
    epoch: Annotated[int, Form()],
    text: Annotated[str, Form(max_length=10_000)] = "",
) -> Response:
    """Takes over, speaks or gives back; what was begun on an older view is shown again instead of done."""
    try:
        await run_sync(_act, context, staff, conversation_id, act, epoch, text)
    except (Conflict, InvalidInput) as error:
        return await _conversation(request, context, staff, conversation_id, error, draft=text)
    context.hub.wake(conversation_id)
    return see_other(f"/console/conversations/{conversation_id}")


def _act(context: Context, staff: Staff, conversation_id: str, act: str, epoch: int, text: str) -> None:
    ticket = context.tickets.waiting(conversation_id)
    if act == "take":
        context.desk.take(conversation_id, staff.name, epoch)
        if ticket:
            context.tickets.take(ticket.number)
    elif act == "give-back":
        context.desk.give_back(conversation_id, epoch)
        if ticket:
            context.tickets.close(ticket.number)
    elif act == "say":
        said = text.strip()
        if not said or len(said) > _LONGEST_REPLY:
            raise InvalidInput(f"Tin trả lời cần từ 1 đến {_LONGEST_REPLY} ký tự.", field="text")
        context.desk.say(conversation_id, staff.name, epoch, mask(said, keep=("dossier_code",)))
    else:
        raise InvalidInput("Không có thao tác này.", field="act")


async def _conversation(
    request: Request,
    context: Context,
    staff: Staff,
    conversation_id: str,
    error: ISeeError | None = None,
    draft: str = "",
) -> Response:
    try:
        found = await run_sync(context.store.get, conversation_id)
    except NotFound as missing:
        raise NotFound("Không còn cuộc trò chuyện này; có thể đã được xóa theo yêu cầu hoặc hết hạn lưu.") from missing
    return console_page(
        request,
        "conversation.html",
        status=error.status if error else 200,
        staff=staff,
        conversation=found,
        messages=await run_sync(context.store.messages, conversation_id),
        ticket=await run_sync(context.tickets.waiting, conversation_id),
        problem=error.detail if error else "",
        draft=draft,
    )
