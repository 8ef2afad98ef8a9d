"""Which conversation a browser without JavaScript holds, and how it wants the page to look.

The conversation stands in a sealed cookie (HttpOnly, SameSite=Lax), never in an address. It is planned with
the first page and opened with the first message, so a first message that is sent again opens nothing twice. Each form
carries a sealed ticket of that conversation and of one message: another site can't make one, a ticket sent again is the
same message, and a page of an earlier conversation is recognised.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated

from fastapi import Cookie, Depends, Form, Request
from starlette.responses import Response

from bot.api.deps import ContextDep
from bot.context import Context
from bot.gateway.texts import problem
from bot.pages.rendering import go
from common.errors import Forbidden, NotFound

__all__ = [
    "COOKIE", "LOOK_COOKIE", "Held", "HeldCookie", "Look", "LookCookie", "Ticket", "TicketField", "anew",
    "cookie_name", "held",
    "hold", "keep_look", "own", "planned", "redeemed", "ticket",
]

COOKIE, LOOK_COOKIE = "isee_chat", "isee_chat_look"
# Over https a browser takes a name with this prefix from nobody but this very host (RFC 6265bis): another site of the
# province's domain can't slip a conversation of its own under a citizen's words.
_HOST_ONLY = "__Host-"
_LONGEST_COOKIE = 600
_HELD, _TICKET = "chat", "chat-ticket"
_LIFE = timedelta(days=90)
_TICKET_LIFE = timedelta(days=7)
_BEGUN, _PLANNED = "begun", "planned"


def cookie_name(context: Context) -> str:
    """What the cookie that holds the conversation is called."""
    return f"{_HOST_ONLY}{COOKIE}" if _https(context) else COOKIE


def _cookie(request: Request, context: ContextDep) -> str:
    given = request.cookies.get(cookie_name(context), "")
    return given if len(given) <= _LONGEST_COOKIE else ""


HeldCookie = Annotated[str, Depends(_cookie)]
LookCookie = Annotated[str, Cookie(alias=LOOK_COOKIE, max_length=60)]
TicketField = Annotated[str, Form(max_length=600)]


@dataclass(frozen=True)
class Held:
    """A conversation in a browser; `begun` once its first message was answered."""

    conversation_id: str
    begun: bool = False


@dataclass(frozen=True)
class Ticket:
    """Permission for one message, the gateway's `client_id`."""

    conversation_id: str
    client_id: str


@dataclass(frozen=True)
class Look:
    """What a citizen set for the page: large text, its language, reloading by itself while a person answers."""

    big: bool = False
    language: str = "vi"
    lively: bool = False

    @classmethod
    def read(cls, cookie: str) -> Look:
        """The cookie's settings; what it doesn't know it leaves at its usual value."""
        words = set(cookie.split("."))
        return cls("big" in words, "en" if "en" in words else "vi", "lively" in words)

    def changed(self, setting: str) -> Look:
        """With the setting of a button: big, normal, vi, en, quiet, lively; anything else changes nothing."""
        match setting:
            case "big" | "normal":
                return replace(self, big=setting == "big")
            case "vi" | "en":
                return replace(self, language=setting)
            case "quiet" | "lively":
                return replace(self, lively=setting == "lively")
            case _:
                return self

    @property
    def cookie(self) -> str:
        words = ("big" if self.big else "", self.language, "lively" if self.lively else "")
        return ".".join(filter(None, words))


def planned() -> Held:
    """A conversation that is not opened yet."""
    return Held(str(uuid.uuid4()))


def held(context: Context, cookie: str) -> Held | None:
    """What the cookie holds; None without one, or with one that is foreign or too old."""
    try:
        state, _, conversation_id = context.dossiers.links.open(_HELD, cookie).partition(" ")
    except NotFound:
        return None
    return Held(conversation_id, state == _BEGUN)


def hold(answer: Response, context: Context, kept: Held) -> None:
    """Gives the browser the conversation to hold."""
    state = _BEGUN if kept.begun else _PLANNED
    sealed = context.dossiers.links.make(_HELD, f"{state} {kept.conversation_id}", _LIFE)
    _set(answer, context, cookie_name(context), sealed)


def keep_look(answer: Response, context: Context, look: Look) -> None:
    _set(answer, context, LOOK_COOKIE, look.cookie)


def ticket(context: Context, conversation_id: str) -> str:
    """A new ticket, to stand in a form."""
    return context.dossiers.links.make(_TICKET, f"{conversation_id} {uuid.uuid4()}", _TICKET_LIFE)


def redeemed(context: Context, sealed: str) -> Ticket | None:
    """What the ticket is for; None when it isn't ours or is too old."""
    try:
        conversation_id, _, client_id = context.dossiers.links.open(_TICKET, sealed).partition(" ")
    except NotFound:
        return None
    return Ticket(conversation_id, client_id)


def own(context: Context, cookie: str, sealed: str) -> Held:
    """The browser's conversation, where the form is of the same one. Raises Forbidden."""
    kept, given = held(context, cookie), redeemed(context, sealed)
    if kept is None or given is None or given.conversation_id != kept.conversation_id:
        raise Forbidden(problem("page_foreign"))
    return kept


def anew(context: Context, done: str) -> Response:
    """Lets go of the conversation and plans a new one; `done` is said on its page."""
    answer = go(f"/chat?done={done}")
    hold(answer, context, planned())
    return answer


def _set(answer: Response, context: Context, name: str, value: str) -> None:
    path = "/" if name.startswith(_HOST_ONLY) else "/chat"
    answer.set_cookie(
        name, value, max_age=int(_LIFE.total_seconds()), path=path, httponly=True, samesite="lax",
        secure=_https(context))


def _https(context: Context) -> bool:
    return context.settings.base_url.startswith("https:")
