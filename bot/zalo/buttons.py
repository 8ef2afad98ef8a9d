"""Opaque button tokens: what goes over the wire says nothing, and means something to one citizen only.

A tap arrives as an ordinary text that equals the button's payload (SPEC invariant 11), so anybody can type one. Hence
the strict grammar: whatever is not exactly a token that this citizen was given is ordinary text.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.gateway.tables import ConversationRow
from bot.zalo.tables import ZaloButtonRow, ZaloMenuRow, ZaloUserRow
from common.clock import utc_now
from common.database import Database

__all__ = ["MENU_LIFE", "Buttons"]

MENU_LIFE = timedelta(minutes=30)
_PREFIX = "#qn:"
_TOKEN = re.compile(r"#qn:[0-9a-f]{16}")
# "2", "2.", "số 2", and the keycap that phones offer; ASCII digits alone.
_NUMBER = re.compile(r"(?:s[ốo] ?)?([1-9][0-9]?)[.)]?", re.IGNORECASE)
_KEYCAP = re.compile("([1-9])\ufe0f?\u20e3")
_MOST_TITLES = 40
_TITLE = 80


class Buttons:
    """Issues tokens inside the caller's transaction, and says what a citizen's text means."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def issue(
        self, session: Session, user_id: str, conversation_id: str, message_id: str, title: str, payload: str
    ) -> str:
        """A new token that stands for `payload` when `user_id` sends it, and for nothing when anybody else does."""
        token = _PREFIX + secrets.token_hex(8)
        session.add(ZaloButtonRow(
            token=token, user_id=user_id, conversation_id=conversation_id, message_id=message_id,
            title=title[:_TITLE], payload=payload))
        return token

    def resolve(self, user_id: str, text: str) -> str | None:
        """The payload that `text`, exactly as it arrived, stands for; None for ordinary text.

        A token counts as long as its conversation is kept. A number of the last menu, or the title of a choice under
        the last message, counts for half an hour, and not while a person answers: they are words to that person.
        """
        with self._database.session(write=False) as session:
            if _TOKEN.fullmatch(text):
                return self._token(session, user_id, text)
            user = session.get(ZaloUserRow, user_id)
            row = session.get(ConversationRow, user.conversation_id) if user and user.conversation_id else None
            if row is None or row.owner == "agent":
                return None
            number = _number(text)
            return self._numbered(session, user_id, number) if number else self._titled(session, user_id, text)

    def _token(self, session: Session, user_id: str, token: str) -> str | None:
        row = session.get(ZaloButtonRow, token)
        return row.payload if row and row.user_id == user_id else None

    def _numbered(self, session: Session, user_id: str, number: int) -> str | None:
        menu = session.get(ZaloMenuRow, user_id)
        if menu is None or menu.until < utc_now() or number > len(menu.tokens):
            return None
        return self._token(session, user_id, menu.tokens[number - 1])

    def _titled(self, session: Session, user_id: str, text: str) -> str | None:
        said = _folded(text)
        if not said or len(said) > _TITLE:
            return None
        rows = session.scalars(
            select(ZaloButtonRow)
            .where(ZaloButtonRow.user_id == user_id, ZaloButtonRow.created_at > utc_now() - MENU_LIFE)
            .order_by(ZaloButtonRow.message_id.desc(), ZaloButtonRow.created_at.desc()).limit(_MOST_TITLES)).all()
        latest = [row for row in rows if row.message_id == rows[0].message_id]
        return next((row.payload for row in latest if _folded(row.title) == said), None)


def _number(text: str) -> int | None:
    bare = unicodedata.normalize("NFC", text).strip()
    found = _NUMBER.fullmatch(bare) or _KEYCAP.fullmatch(bare)
    return int(found[1]) if found else None


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split()).rstrip(".!?,;:")
