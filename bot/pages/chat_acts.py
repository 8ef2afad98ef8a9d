"""What else can be done on the chat page: rate an answer, erase, take a copy, set how the page looks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request
from starlette.responses import PlainTextResponse, Response

from bot.api.deps import ContextDep
from bot.context import Context
from bot.gateway.texts import feedback_note, problem
from bot.pages import chat_session as session
from bot.pages.chat_assets import SHEET
from bot.pages.chat_facts import Card
from bot.pages.chat_route import ChatRoute
from bot.pages.chat_session import HeldCookie, Look, LookCookie, TicketField, anew, own
from bot.pages.chat_show import chat_page
from bot.pages.chat_texts import Texts, texts
from bot.pages.rendering import SameSite, go
from common.clock import local_now, to_local
from common.errors import NotFound

__all__ = ["router"]

router = APIRouter(route_class=ChatRoute, include_in_schema=False, prefix="/chat")
Reason = Literal["wrong", "missing", "unclear", "off_topic"]
_MOMENT = "%H:%M %d/%m/%Y"


@router.get("/chat.css")
async def sheet(request: Request) -> Response:
    return SHEET.answer(request)


@router.post("/rate", dependencies=[SameSite])
async def rate(
    context: ContextDep, isee_chat: HeldCookie, ticket: TicketField, message: Annotated[str, Form(max_length=26)],
    helpful: Annotated[Literal["yes", "no"], Form()], reason: Annotated[list[Reason] | None, Form()] = None,
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """The citizen's word on one answer; a later word replaces the earlier. Why it did not help is asked afterwards."""
    kept = await run_sync(own, context, isee_chat, ticket)
    said = feedback_note(reason or [], context.mask(note.strip()))
    try:
        await run_sync(lambda: context.store.rate(kept.conversation_id, message, helpful=helpful == "yes", note=said))
    except NotFound as error:
        raise NotFound(problem("message")) from error
    done = "" if helpful == "yes" else "&done=noted" if said else "&done=why"
    return go(f"/chat?rated={message}{done}#m{message}")


@router.post("/look", dependencies=[SameSite])
async def look(
    context: ContextDep, setting: Annotated[str, Form(alias="set", max_length=8)], isee_chat_look: LookCookie = ""
) -> Response:
    """Large text, language, reloading by itself: kept in the browser."""
    answer = go("/chat")
    session.keep_look(answer, context, Look.read(isee_chat_look).changed(setting))
    return answer


@router.get("/erase")
async def ask_erase(
    request: Request, context: ContextDep, isee_chat: HeldCookie, isee_chat_look: LookCookie = ""
) -> Response:
    kept = await run_sync(session.held, context, isee_chat)
    if kept is None:
        return go("/chat")
    made = session.ticket(context, kept.conversation_id)
    return chat_page(request, context, Look.read(isee_chat_look), "chat/erase.html", ticket=made)


@router.post("/erase", dependencies=[SameSite])
async def erase(context: ContextDep, isee_chat: HeldCookie, ticket: TicketField) -> Response:
    """Erases the conversation and all that hangs on it. Dossiers that were submitted stay: they are the office's."""
    kept = await run_sync(own, context, isee_chat, ticket)
    await run_sync(context.eraser.erase, kept.conversation_id)
    context.hub.wake(kept.conversation_id)
    return anew(context, "erased")


@router.get("/transcript")
async def transcript(context: ContextDep, isee_chat: HeldCookie, isee_chat_look: LookCookie = "") -> Response:
    """The conversation as a text file, as the page shows it."""
    kept = await run_sync(session.held, context, isee_chat)
    if kept is None:
        return go("/chat")
    words = texts(Look.read(isee_chat_look).language)
    written = await run_sync(lambda: "\n\n".join(_lines(context, kept.conversation_id, words)))
    name = f"isee-{local_now():%Y%m%d-%H%M}.txt"
    return PlainTextResponse(
        "\ufeff" + written + "\n", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _lines(context: Context, conversation_id: str, words: Texts) -> Iterator[str]:
    yield words("transcript_head", moment=local_now().strftime(_MOMENT))
    # As they are kept, without the values of e-forms: a file stays on the computer.
    for message in context.store.everything(conversation_id):
        who = words.you if message["author"] == "citizen" else words(message["author"])
        yield f"[{_moment(message['at'])}] {who}:\n{message['text']}{_provenance(message, words)}"


def _moment(at: str) -> str:
    return to_local(datetime.fromisoformat(at)).strftime(_MOMENT)


def _provenance(message: dict[str, Any], words: Texts) -> str:
    answer = message.get("answer")
    if not answer:
        return ""
    sources = "".join(f"\n{words.source}: {one['title']}, {one['url']}" for one in answer.get("sources", []))
    return f"\n({Card(answer, words).provenance}){sources}"
