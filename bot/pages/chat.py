"""The assistant on a plain page: forms and links alone, for browsers without JavaScript, text browsers, slow lines.

Every post ends in "see other", so a reload repeats nothing; what can't be done is said beside the box, with the text
still in it. See docs/chat-page.md.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request
from sqlalchemy.exc import IntegrityError
from starlette.datastructures import UploadFile
from starlette.responses import Response

from bot.api.deps import ClientKey, ContextDep
from bot.api.holder import remember
from bot.context import Context
from bot.gateway.texts import greeting
from bot.gateway.texts import problem as sentence_of
from bot.gateway.turn import Inbound, Upload
from bot.pages import chat_session as session
from bot.pages.chat_route import ChatRoute
from bot.pages.chat_session import Held, HeldCookie, Look, LookCookie, Ticket
from bot.pages.chat_show import Draft, show
from bot.pages.chat_texts import texts
from bot.pages.rendering import SameSite, go
from common.errors import Conflict, InvalidInput, ISeeError, NotFound, TooManyRequests

__all__ = ["router"]

router = APIRouter(route_class=ChatRoute, include_in_schema=False, prefix="/chat")
# Where a page begins to be read after a post: at the citizen's own last words.
_LATEST = "/chat#moi"
_MOST_FIELDS = 8



@dataclass(frozen=True)
class _Given:
    """What a form of the chat page sent."""

    ticket: str
    text: str | None
    payload: str | None
    upload: Upload | None


class _Gone(Conflict):
    """The conversation that the browser holds was erased."""


@router.get("")
async def read(
    request: Request, context: ContextDep, isee_chat: HeldCookie, isee_chat_look: LookCookie = "",
    before: Annotated[str, Query(max_length=26)] = "", write: Annotated[str, Query(max_length=1)] = "",
    rated: Annotated[str, Query(max_length=26)] = "", done: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """The conversation that the browser holds, or the greeting of one to come."""
    look = Look.read(isee_chat_look)
    kept = await run_sync(session.held, context, isee_chat)
    gone = kept is not None and kept.begun and not await run_sync(_exists, context, kept)
    if kept is None or gone:
        kept = session.planned()
    sentence = texts(look.language)("expired") if gone else ""
    draft = Draft(before=before, writing=bool(write), rated=rated, done=done)
    answer = await run_sync(lambda: show(request, context, kept, look, draft, sentence=sentence))
    session.hold(answer, context, kept)
    return answer


@router.post("", dependencies=[SameSite])
async def send(
    request: Request, context: ContextDep, isee_chat: HeldCookie, client: ClientKey,
    isee_chat_look: LookCookie = "",
) -> Response:
    """One message: words, a choice or a file. Sent again with the same ticket, it is the same message."""
    look = Look.read(isee_chat_look)
    kept = await run_sync(session.held, context, isee_chat)
    given = await _given(request)
    ticket = session.redeemed(context, given.ticket)
    try:
        kept, ticket = await _agreed(context, client, look, kept, ticket)
        await context.gateway.handle(_inbound(look, given, ticket, client))
    except ISeeError as error:
        problem, shown = error, session.planned() if kept is None or isinstance(error, _Gone) else kept
        again = given.ticket if ticket and ticket.conversation_id == shown.conversation_id else ""
        draft = Draft(text=given.text or "", ticket=again, payload=given.payload or "")
        answer = await run_sync(lambda: show(request, context, shown, look, draft, error=problem))
        session.hold(answer, context, shown)
        return answer
    answer = go(_LATEST)
    session.hold(answer, context, Held(kept.conversation_id, begun=True))
    remember(answer, context, kept.conversation_id)
    return answer


async def _agreed(
    context: Context, client: str, look: Look, kept: Held | None, ticket: Ticket | None
) -> tuple[Held, Ticket]:
    """The conversation that browser and form agree on, opened if it was only planned.

    Raises InvalidInput (no cookies), Conflict (an old page), TooManyRequests.
    """
    words = texts(look.language)
    if kept is None:
        raise InvalidInput(words("cookies"))
    exists = await run_sync(_exists, context, kept)
    if kept.begun and not exists:
        raise _Gone(words("expired"))
    if ticket is None or ticket.conversation_id != kept.conversation_id:
        raise Conflict(words("stale"))
    if not exists:
        await _open(context, client, look, kept)
    return kept, ticket


async def _open(context: Context, client: str, look: Look, kept: Held) -> None:
    seconds = await context.new_conversations.wait(client)
    if seconds:
        raise TooManyRequests(sentence_of("many_conversations", seconds=int(seconds)), retry_after=seconds)
    hello = greeting(context.settings.province, look.language)
    try:
        await run_sync(lambda: context.store.open(hello, language=look.language, planned=kept.conversation_id))
    except IntegrityError:
        # Pressed twice: the other request opened it a moment ago. Anything else is no matter of two at once.
        if not await run_sync(_exists, context, kept):
            raise


def _exists(context: Context, kept: Held) -> bool:
    try:
        context.store.get(kept.conversation_id)
    except NotFound:
        return False
    return True


async def _given(request: Request) -> _Given:
    """Reads the form of a request. Browsers end lines with CR LF; a line is a line here."""
    async with request.form(max_files=1, max_fields=_MOST_FIELDS) as form:
        def word(name: str) -> str | None:
            value = form.get(name)
            return value.replace("\r\n", "\n") if isinstance(value, str) else None

        file = form.get("file")
        upload = None
        if isinstance(file, UploadFile) and file.filename:
            upload = Upload(file.filename, await file.read())
        return _Given(word("ticket") or "", word("text"), word("payload") or None, upload)


def _inbound(look: Look, given: _Given, ticket: Ticket, client: str) -> Inbound:
    """What the gateway is asked. Raises InvalidInput for a file form without a file.

    A message is known by its ticket and by what it says: sent again it is the same one, while other words typed into an
    old page (the browser's "back") are a message of their own.
    """
    content = given.upload.content if given.upload else (given.payload or given.text or "").encode()
    name = uuid.uuid5(uuid.UUID(ticket.client_id), hashlib.sha256(content).hexdigest())
    sent: dict[str, Any] = {"conversation_id": ticket.conversation_id, "client_id": str(name), "client": client}
    if given.upload:
        return Inbound(**sent, upload=given.upload)
    if given.payload:
        return Inbound(**sent, payload=given.payload)
    if given.text is None:
        raise InvalidInput(texts(look.language)("pick_first"), field="file")
    return Inbound(**sent, text=given.text)
