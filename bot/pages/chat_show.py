"""The chat page, put together: conversation, what may be said next, and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import Response

from bot.api.standing import standing
from bot.context import Context
from bot.gateway.texts import greeting
from bot.gateway.turn import Conversation
from bot.pages import chat_session as session
from bot.pages.chat_assets import SHEET
from bot.pages.chat_session import Held, Look
from bot.pages.chat_texts import Texts, texts
from bot.pages.chat_view import asked, newest, shown
from bot.pages.rendering import page
from common.errors import Conflict, ISeeError, NotFound, TooManyRequests
from common.messages import public

__all__ = ["Draft", "chat_page", "show"]

REFRESH_S = 20
_KEYBOARDS = {"date": "numeric", "phone": "tel", "personal_id": "numeric", "number": "numeric", "email": "email"}


@dataclass(frozen=True)
class Draft:
    """What the page should show beside the conversation: words not sent yet and their ticket, or a choice (`payload`)
    to send again; the part before a message; the box although the page reloads by itself; what was just done."""

    text: str = ""
    ticket: str = ""
    payload: str = ""
    before: str = ""
    writing: bool = False
    rated: str = ""
    done: str = ""


def show(
    request: Request, context: Context, kept: Held, look: Look, draft: Draft, *, error: ISeeError | None = None,
    sentence: str = "",
) -> Response:
    """The page of a conversation; of one only planned, the greeting. In a worker thread."""
    words = texts(look.language)
    messages, older, conversation = _conversation(context, kept, look, draft.before)
    owner = conversation.owner if conversation else "bot"
    reading = bool(draft.before)
    who, soon = _standing(context, conversation, words)
    lively = soon and look.lively and not reading and not draft.writing and error is None
    values: dict[str, Any] = {
        "messages": shown(messages, words, live=not reading), "older": older, "oldest": _oldest(messages),
        "owner": owner, "standing": who, "soon": soon, "lively": lively, "seconds": REFRESH_S,
        "tick": _tick(request), "asked": asked(messages, owner), "keyboards": _KEYBOARDS, "draft": draft,
        "reading": reading,
        "ticket": draft.ticket or session.ticket(context, kept.conversation_id),
        "longest": context.settings.message_max_chars, "most_mb": f"{context.settings.upload_max_mb:g}",
        "wrong": error.detail if error else sentence, "begun": kept.begun,
        "retry_after": int(error.retry_after) if isinstance(error, TooManyRequests) else 0,
    }
    answer = chat_page(request, context, look, "chat/show.html", status=error.status if error else 200, **values)
    if isinstance(error, TooManyRequests):
        answer.headers["Retry-After"] = str(max(1, round(error.retry_after)))
    if isinstance(error, Conflict):
        answer.status_code = 409
    return answer


def chat_page(
    request: Request, context: Context, look: Look, name: str, *, status: int = 200, **values: Any
) -> Response:
    """The template `name` in the citizen's language and size of text."""
    words = texts(look.language)
    answer = page(
        request, name, status=status, t=words, look=look, sheet=f"/chat/chat.css?v={SHEET.version}",
        place=words("place_name", province=context.settings.province), **values)
    # Nothing secret stands in its address, and old browsers name the origin of a post only where referrers are sent.
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer


def _conversation(
    context: Context, kept: Held, look: Look, before: str
) -> tuple[list[dict[str, Any]], bool, Conversation | None]:
    """Messages, whether there are older ones, and the conversation itself; None for it while it is only planned."""
    try:
        conversation = context.store.get(kept.conversation_id)
    except NotFound:
        hello = enumerate(greeting(context.settings.province, look.language))
        return [{**public(reply), "id": f"hello{place}", "author": "bot"} for place, reply in hello], False, None
    messages, older = newest(context, kept.conversation_id, before)
    return messages, older, conversation


def _standing(context: Context, conversation: Conversation | None, words: Texts) -> tuple[str, bool]:
    """Who answers, where it isn't the bot: the place in the queue, or the person by name. And whether their words may
    come any moment; they don't while nobody is at the desk."""
    if conversation is None or conversation.owner == "bot":
        return "", False
    known = standing(context, conversation)
    if conversation.owner == "waiting":
        return (words("place", place=known["place"]), True) if "place" in known else (str(words.waiting), False)
    return (words("withAgentNamed", name=known["agent"]) if "agent" in known else str(words.withAgent)), True


def _oldest(messages: list[dict[str, Any]]) -> str:
    return messages[0]["id"] if messages else ""


def _tick(request: Request) -> int:
    """Changes with each reload by itself: to the same address with the same mark a browser need not go at all."""
    given = request.query_params.get("tick", "0")
    return (int(given) + 1) % 10 if given.isdigit() and len(given) == 1 else 1
