"""What else can be done on the chat page: rate an answer, begin anew, erase, take a copy, set how the page looks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request
from starlette.responses import PlainTextResponse, Response

from bot.api.deps import ContextDep
from bot.context import Context
from bot.gateway.texts import problem
from bot.pages import chat_session as session
from bot.pages.chat import HeldCookie, LookCookie
from bot.pages.chat_assets import SHEET
from bot.pages.chat_facts import Card
from bot.pages.chat_route import ChatRoute
from bot.pages.chat_session import Held, Look
from bot.pages.chat_show import chat_page
from bot.pages.chat_texts import Texts, texts
from bot.pages.rendering import SameSite, go
from common.clock import local_now, to_local
from common.errors import Forbidden, NotFound

__all__ = ["router"]

router = APIRouter(route_class=ChatRoute, include_in_schema=False, prefix="/chat")
TicketField = Annotated[str, Form(max_length=600)]
_MOMENT = "%H:%M %d/%m/%Y"


@router.get("/chat.css")
async def sheet(request: Request) -> Response:
    return SHEET.answer(request)


@router.post("/rate", dependencies=[SameSite])
async def rate(
    context: ContextDep, ticket: TicketField, message: Annotated[str, Form(max_length=26)],
    helpful: Annotated[str, Form(pattern="^(yes|no)$")], note: Annotated[str, Form(max_length=1000)] = "",
    isee_chat: HeldCookie = "",
) -> Response:
    """The citizen's word on one answer; a later word replaces the earlier."""
    kept = await run_sync(_own, context, isee_chat, ticket)
    said = context.mask(note.strip())
    try:
        await run_sync(lambda: context.store.rate(kept.conversation_id, message, helpful=helpful == "yes", note=said))
    except NotFound as error:
        raise NotFound(problem("message")) from error
    more = "" if helpful == "yes" or note else "&done=note"
    return go(f"/chat?rated={message}{more}#m{message}")


@router.post("/look", dependencies=[SameSite])
async def look(
    context: ContextDep, setting: Annotated[str, Form(alias="set", max_length=8)], isee_chat_look: LookCookie = ""
) -> Response:
    """Large text, language, reloading by itself: kept in the browser."""
    answer = go("/chat")
    session.keep_look(answer, context, Look.read(isee_chat_look).changed(setting))
    return answer


@router.post("/new", dependencies=[SameSite])
async def renew(context: ContextDep, ticket: TicketField, isee_chat: HeldCookie = "") -> Response:
    """Lets go of the conversation and plans a new one."""
    await run_sync(_own, context, isee_chat, ticket)
    return _anew(context, "renewed")


@router.get("/erase")
async def ask_erase(
    request: Request, context: ContextDep, isee_chat: HeldCookie = "", isee_chat_look: LookCookie = ""
) -> Response:
    kept = await run_sync(session.held, context, isee_chat)
    if kept is None:
        return go("/chat")
    made = session.ticket(context, kept.conversation_id)
    return chat_page(request, context, Look.read(isee_chat_look), "chat/erase.html", ticket=made)


@router.post("/erase", dependencies=[SameSite])
async def erase(context: ContextDep, ticket: TicketField, isee_chat: HeldCookie = "") -> Response:
    """Erases the conversation and all that hangs on it. Dossiers that were submitted stay: they are the office's."""
    kept = await run_sync(_own, context, isee_chat, ticket)
    await run_sync(context.eraser.erase, kept.conversation_id)
    context.hub.wake(kept.conversation_id)
    return _anew(context, "erased")


@router.get("/transcript")
async def transcript(context: ContextDep, isee_chat: HeldCookie = "", isee_chat_look: LookCookie = "") -> Response:
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
    after = ""
    while stored := context.store.messages(conversation_id, after):
        for message in context.reveal.messages(conversation_id, stored):
            who = words.you if message["author"] == "citizen" else words(message["author"])
            yield f"[{_moment(message['at'])}] {who}:\n{message['text']}{_provenance(message, words)}"
        after = stored[-1]["id"]


def _moment(at: str) -> str:
    return to_local(datetime.fromisoformat(at)).strftime(_MOMENT)


def _provenance(message: dict[str, Any], words: Texts) -> str:
    answer = message.get("answer")
    if not answer:
        return ""
    sources = "".join(f"\n{words.source}: {one['title']}, {one['url']}" for one in answer.get("sources", []))
    return f"\n({Card(answer, words).provenance}){sources}"


def _own(context: Context, cookie: str, sealed: str) -> Held:
    """The browser's conversation, where the form is of the same one. Raises Forbidden."""
    kept, given = session.held(context, cookie), session.redeemed(context, sealed)
    if kept is None or given is None or given.conversation_id != kept.conversation_id:
        raise Forbidden(problem("page_foreign"))
    return kept


def _anew(context: Context, done: str) -> Response:
    answer = go(f"/chat?done={done}")
    session.hold(answer, context, session.planned())
    return answer
