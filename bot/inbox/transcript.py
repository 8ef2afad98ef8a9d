"""What was said around a question, read from the conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.gateway.store import offers_of
from bot.gateway.tables import MessageRow, TurnRow
from common.messages import Status

__all__ = ["Asked", "last_question", "replies_to"]

_BACK = 40
_QUESTIONS = (Status.ANSWERED, Status.CLARIFIED, Status.ABSTAINED)


@dataclass(frozen=True)
class Asked:
    """A citizen's message that asked something."""

    id: str
    text: str


def last_question(session: Session, conversation_id: str, before: datetime) -> Asked | None:
    """The latest typed question at or before a moment: no button's title, no form's value, no call for a person."""
    messages = session.scalars(
        select(MessageRow).where(MessageRow.conversation_id == conversation_id, MessageRow.at <= before)
        .order_by(MessageRow.id.desc()).limit(_BACK)).all()
    statuses = dict(session.execute(
        select(TurnRow.citizen_message, TurnRow.status).where(
            TurnRow.conversation_id == conversation_id,
            TurnRow.citizen_message.in_([message.id for message in messages]))).all())
    titles = {title for message in messages if message.author != "citizen" for title in offers_of(message).values()}
    for message in messages:
        asked = message.author == "citizen" and statuses.get(message.id) in _QUESTIONS
        if asked and message.text not in titles:
            return Asked(message.id, message.text)
    return None


def replies_to(session: Session, conversation_id: str, message_id: str) -> list[dict[str, Any]]:
    """What was said in answer to a message, until the citizen spoke again: author, time and text."""
    if not message_id:
        return []
    said = []
    for row in session.scalars(
        select(MessageRow).where(MessageRow.conversation_id == conversation_id, MessageRow.id > message_id)
        .order_by(MessageRow.id).limit(_BACK)
    ):
        if row.author == "citizen":
            break
        said.append({"author": row.author, "at": row.at, "text": row.text})
    return said
