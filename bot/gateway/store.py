"""Conversations and their messages in the database. Synchronous: call from a worker thread."""

from __future__ import annotations

import hmac
import secrets
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.gateway.ids import next_id
from bot.gateway.tables import ConversationRow, DeviceRow, FeedbackRow, MessageRow, TurnRow, UnansweredRow
from bot.gateway.turn import Conversation
from common.clock import utc_now
from common.database import Database
from common.errors import NotFound
from common.keyring import Keyring
from common.language import as_language
from common.messages import Author, Message, Owner, Reply, public

__all__ = ["TOKEN_PURPOSE", "ConversationStore", "Opened", "add_message", "locked", "message_data", "offers_of"]

TOKEN_PURPOSE = "conversation-token"  # noqa: S105 - a purpose name, not a secret


@dataclass(frozen=True)
class Opened:
    """A new conversation; `token` is shown once and only its digest is kept."""

    id: str
    token: str
    messages: list[dict[str, Any]]


class ConversationStore:
    """Opens, reads and erases conversations."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    def open(
        self, greeting: Sequence[Reply], *, language: str = "vi", channel: str = "web",
        also: Callable[[Session, str], None] | None = None, planned: str = "",
    ) -> Opened:
        """Starts a conversation with the `greeting` as its first messages; `also` is called with its id in the same
        transaction. `planned` is the id to give it, where a caller must be able to try again without opening two."""
        token = secrets.token_urlsafe(32)
        row = ConversationRow(
            id=planned or str(uuid.uuid4()),
            token_digest=self._digest(token),
            channel=channel,
            language=language,
            owner="bot",
            owner_epoch=0,
            last_message="",
        )
        with self._database.session() as session:
            session.add(row)
            session.flush()
            messages = [message_data(add_message(session, row, "bot", reply)) for reply in greeting]
            if also:
                also(session, row.id)
        return Opened(row.id, token, messages)

    def authenticate(self, conversation_id: str, token: str) -> bool:
        """Whether `token` is the one this conversation was opened with (compared in constant time), or that of a device
        that took it up by a code."""
        digest = self._digest(token)
        with self._database.session(write=False) as session:
            query = select(ConversationRow.token_digest).where(ConversationRow.id == conversation_id)
            known = session.scalar(query) or ""
            if hmac.compare_digest(known, digest):
                return True
            device = session.get(DeviceRow, digest)
            return device is not None and hmac.compare_digest(device.conversation_id, conversation_id)

    def get(self, conversation_id: str) -> Conversation:
        """The conversation as it stands. Raises NotFound."""
        with self._database.session(write=False) as session:
            row = session.get(ConversationRow, conversation_id)
            if row is None:
                raise NotFound(conversation_id)
            return as_conversation(row)

    def messages(self, conversation_id: str, after: str = "", limit: int = 500) -> list[dict[str, Any]]:
        """Public messages whose id sorts after `after`, oldest first."""
        query = (
            select(MessageRow)
            .where(MessageRow.conversation_id == conversation_id, MessageRow.id > after)
            .order_by(MessageRow.id)
            .limit(limit)
        )
        with self._database.session(write=False) as session:
            return [message_data(row) for row in session.scalars(query)]

    def everything(self, conversation_id: str) -> Iterator[dict[str, Any]]:
        """All public messages, oldest first, as they are stored."""
        after = ""
        while page := self.messages(conversation_id, after):
            yield from page
            after = page[-1]["id"]

    def offered(self, conversation_id: str, recent: int = 30) -> dict[str, str]:
        """Payload → button title of what the bot's `recent` latest messages offered."""
        query = (
            select(MessageRow.payload)
            .where(MessageRow.conversation_id == conversation_id, MessageRow.author != "citizen")
            .order_by(MessageRow.id.desc())
            .limit(recent)
        )
        offers: dict[str, str] = {}
        with self._database.session(write=False) as session:
            for payload in session.scalars(query):
                for value, title in _choices(payload):
                    offers.setdefault(value, title)
        return offers

    def since_citizen(self, conversation_id: str, before: str = "", recent: int = 10) -> list[dict[str, Any]]:
        """The public messages that were shown since the citizen last spoke, oldest first; `before` is the id of what
        they are saying now, where that is stored already."""
        query = (
            select(MessageRow)
            .where(MessageRow.conversation_id == conversation_id, *([MessageRow.id < before] if before else []))
            .order_by(MessageRow.id.desc())
            .limit(recent)
        )
        with self._database.session(write=False) as session:
            shown = takewhile(lambda row: row.author != "citizen", session.scalars(query))
            return [message_data(row) for row in shown][::-1]

    def rate(self, conversation_id: str, message_id: str, *, helpful: bool, note: str) -> None:
        """Keeps the citizen's word on one of the bot's or agent's messages. Raises NotFound for any other."""
        with self._database.session() as session:
            message = session.get(MessageRow, (conversation_id, message_id))
            if message is None or message.author == "citizen":
                raise NotFound(message_id)
            query = select(FeedbackRow).where(
                FeedbackRow.conversation_id == conversation_id, FeedbackRow.message_id == message_id
            )
            row = session.scalar(query) or FeedbackRow(conversation_id=conversation_id, message_id=message_id)
            row.helpful, row.note, row.at = helpful, note, utc_now()
            session.add(row)

    def erase(self, conversation_id: str) -> None:
        """Deletes the conversation and everything that hangs on it."""
        with self._database.session() as session:
            session.execute(delete(ConversationRow).where(ConversationRow.id == conversation_id))

    def fold(self) -> None:
        """Makes sure that nothing erased is left in the database's log."""
        self._database.fold()

    def empty(self, conversation_id: str) -> None:
        """Deletes what was said, and keeps the conversation itself; its time of silence begins anew."""
        with self._database.session() as session:
            for table in (FeedbackRow, MessageRow, TurnRow, UnansweredRow):
                session.execute(delete(table).where(table.conversation_id == conversation_id))
            session.execute(update(ConversationRow).where(ConversationRow.id == conversation_id).values(
                last_at=utc_now(), last_procedure=None))

    def older_than(self, moment: datetime, limit: int = 500) -> list[str]:
        """Conversations with no word since `moment`."""
        query = select(ConversationRow.id).where(ConversationRow.last_at < moment).limit(limit)
        with self._database.session(write=False) as session:
            return list(session.scalars(query))

    def _digest(self, token: str) -> str:
        return self._keyring.digest(TOKEN_PURPOSE, token)


def locked(session: Session, conversation_id: str) -> ConversationRow:
    """The conversation's row, locked until the transaction ends. Raises NotFound."""
    row = session.get(ConversationRow, conversation_id, with_for_update=True)
    if row is None:
        raise NotFound(conversation_id)
    return row


def add_message(session: Session, conversation: ConversationRow, author: Author, said: Reply | str) -> MessageRow:
    """Appends one message to a locked conversation; its id sorts after every earlier one."""
    moment = utc_now()
    parts = {} if isinstance(said, str) else public(said)
    text = said if isinstance(said, str) else parts.pop("text")
    parts.pop("status", None)
    conversation.last_message = next_id(conversation.last_message)
    conversation.last_at = moment
    row = MessageRow(
        conversation_id=conversation.id,
        id=conversation.last_message,
        author=author,
        at=moment,
        text=text,
        payload=parts,
        owner_epoch=conversation.owner_epoch,
    )
    session.add(row)
    return row


def message_data(row: MessageRow) -> dict[str, Any]:
    """The public form of a stored message."""
    return public(
        Message.model_validate({"id": row.id, "author": row.author, "at": row.at, "text": row.text, **row.payload})
    )


def offers_of(row: MessageRow) -> dict[str, str]:
    """Payload → title of what one message offered."""
    return dict(_choices(row.payload))


def as_conversation(row: ConversationRow) -> Conversation:
    owner: Owner = "agent" if row.owner == "agent" else "waiting" if row.owner == "waiting" else "bot"
    language = as_language(row.language)
    return Conversation(row.id, owner, row.owner_epoch, row.channel, row.last_procedure, row.agent, language)


def _choices(part: Any) -> Iterable[tuple[str, str]]:
    """Every payload in a message's parts with its title: buttons, and choices of a form card."""
    if isinstance(part, dict):
        value = part.get("payload")
        if isinstance(value, str):
            yield value, str(part.get("title") or part.get("label") or value)
        for item in part.values():
            yield from _choices(item)
    elif isinstance(part, list):
        for item in part:
            yield from _choices(item)
