"""Which conversation a browser holds: a cookie that the login at an identity provider asks for.

A link may be forwarded; the cookie can't be. Without it (another browser, a widget inside another site) the login is
used only after its code was typed in the conversation.
"""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response

from bot.context import Context
from common.errors import NotFound

__all__ = ["HOLDER_COOKIE", "held", "remember"]

HOLDER_COOKIE = "isee_holder"
_KIND = "holder"
_LIFE = timedelta(days=90)


def remember(answer: Response, context: Context, conversation_id: str) -> None:
    """Notes in the browser that it opened this conversation; the latest one counts."""
    answer.set_cookie(
        HOLDER_COOKIE, context.dossiers.links.make(_KIND, conversation_id, _LIFE),
        max_age=int(_LIFE.total_seconds()), path="/login/oidc", httponly=True, samesite="lax",
        secure=context.settings.base_url.startswith("https:"))


def held(context: Context, cookie: str) -> str:
    """The conversation that the cookie names; "" for none, a foreign or an old one."""
    try:
        return context.dossiers.links.open(_KIND, cookie) if cookie else ""
    except NotFound:
        return ""
