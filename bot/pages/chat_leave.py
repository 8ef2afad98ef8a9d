"""Leaving a conversation on the chat page: with a word on how it was, or to go on on another device."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from bot.api.deps import ClientKey, ContextDep
from bot.pages import chat_session as session
from bot.pages.chat_route import ChatRoute
from bot.pages.chat_session import Held, HeldCookie, Look, LookCookie, TicketField, anew, own
from bot.pages.chat_show import chat_page
from bot.pages.rendering import SameSite, go
from common.clock import to_local
from common.errors import ISeeError

__all__ = ["router"]

router = APIRouter(route_class=ChatRoute, include_in_schema=False, prefix="/chat")


@router.post("/new", dependencies=[SameSite])
async def renew(context: ContextDep, isee_chat: HeldCookie, ticket: TicketField) -> Response:
    """Lets go of the conversation and plans a new one; first asks how it was, once, where the bot answered."""
    kept = await run_sync(own, context, isee_chat, ticket)
    if await run_sync(context.desk.scores.open, kept.conversation_id):
        return go("/chat/score")
    return anew(context, "renewed")


@router.get("/score")
async def ask_score(
    request: Request, context: ContextDep, isee_chat: HeldCookie, isee_chat_look: LookCookie = ""
) -> Response:
    return await run_sync(_form, request, context, isee_chat, isee_chat_look, "chat/score.html")


@router.post("/score", dependencies=[SameSite])
async def score(
    context: ContextDep, isee_chat: HeldCookie, ticket: TicketField, score: Annotated[int, Form()] = 0,
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Keeps the score, if one was chosen, and goes on to a new conversation."""
    kept = await run_sync(own, context, isee_chat, ticket)
    if score:
        await run_sync(context.desk.scores.keep, kept.conversation_id, score, note)
    return anew(context, "renewed")


@router.post("/code", dependencies=[SameSite])
async def make_code(
    request: Request, context: ContextDep, isee_chat: HeldCookie, ticket: TicketField,
    isee_chat_look: LookCookie = "",
) -> Response:
    """A code that takes the conversation to another device: good once, for minutes."""
    kept = await run_sync(own, context, isee_chat, ticket)
    made = await run_sync(context.devices.issue, kept.conversation_id)
    until = f"{to_local(made.expires_at):%H:%M}"
    return chat_page(request, context, Look.read(isee_chat_look), "chat/code.html", code=made.code, until=until)


@router.get("/resume")
async def ask_code(
    request: Request, context: ContextDep, isee_chat: HeldCookie, isee_chat_look: LookCookie = ""
) -> Response:
    return await run_sync(_form, request, context, isee_chat, isee_chat_look, "chat/resume.html")


@router.post("/resume", dependencies=[SameSite])
async def resume(
    request: Request, context: ContextDep, isee_chat: HeldCookie, client: ClientKey, ticket: TicketField,
    code: Annotated[str, Form(max_length=40)] = "", isee_chat_look: LookCookie = "",
) -> Response:
    """Takes up a conversation by its code; wrong, used and expired codes look alike.

    The browser isn't noted as its holder (`bot.api.holder`), as in the widget: a code can be talked into somebody.
    """
    await run_sync(own, context, isee_chat, ticket)
    try:
        async with context.guesses.one(client):
            conversation_id = await run_sync(context.devices.take_up, code)
    except ISeeError as error:
        said, status = error.detail, error.status
        return await run_sync(lambda: _form(
            request, context, isee_chat, isee_chat_look, "chat/resume.html", status=status, wrong=said, code=code))
    context.hub.wake(conversation_id)
    answer = go("/chat#moi")
    session.hold(answer, context, Held(conversation_id, begun=True))
    return answer


def _form(
    request: Request, context: ContextDep, cookie: str, look: str, name: str, *, status: int = 200, wrong: str = "",
    code: str = "",
) -> Response:
    """A page with one form of the browser's own conversation; without one, back to the chat."""
    kept = session.held(context, cookie)
    if kept is None:
        return go("/chat")
    made = session.ticket(context, kept.conversation_id)
    return chat_page(
        request, context, Look.read(look), name, status=status, ticket=made, wrong=wrong, code=code, kept=kept)
