"""Whose conversations were told what is no longer so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.gateway.tables import ConversationRow, MessageRow
from bot.recall.differences import outdated
from bot.recall.tables import RecallRow, RecallTargetRow
from knowledge_base.model import Guide

__all__ = ["Told", "already_told", "question_before", "told_in"]


@dataclass(frozen=True)
class Told:
    """The last message of a conversation that told old values: which fields, when, and in which words."""

    conversation_id: str
    message_id: str
    at: datetime
    fields: Sequence[str]
    text: str


def told_in(
    session: Session, guide: Guide, to_version: int, fields: Sequence[str], since: datetime
) -> list[Told]:
    """Conversations with an answer since `since` from an older text of `guide` that now reads otherwise in `fields`,
    the latest first; those that were told of it already (in this or an earlier recall) are left out."""
    answer = MessageRow.payload["answer"]
    query = (
        select(MessageRow)
        .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
        .where(
            ConversationRow.last_at >= since,
            MessageRow.at >= since,
            MessageRow.author != "citizen",
            answer["procedure"]["code"].as_string() == guide.code,
        )
        .order_by(MessageRow.at, MessageRow.id)
    )
    found: dict[str, Told] = {}
    for row in session.scalars(query):
        said = row.payload["answer"]
        if int(said.get("guide_version") or 0) >= to_version:
            # What is said now is right: whoever has read the new text needs no correction.
            found.pop(row.conversation_id, None)
        elif wrong := outdated(said, guide, fields):
            earlier = found.pop(row.conversation_id, None)
            both = sorted({*wrong, *(earlier.fields if earlier else ())})
            found[row.conversation_id] = Told(row.conversation_id, row.id, row.at, both, row.text)
    corrected = already_told(session, guide.code, to_version)
    return [told for told in reversed(found.values()) if told.conversation_id not in corrected]


def already_told(session: Session, code: str, to_version: int, conversation_id: str = "") -> set[str]:
    """Conversations that got the correction to this version, in any recall; of one conversation where it is named."""
    query = (
        select(RecallTargetRow.conversation_id)
        .join(RecallRow, RecallRow.id == RecallTargetRow.recall_id)
        .where(RecallRow.code == code, RecallRow.to_version == to_version, RecallTargetRow.sent_at.is_not(None))
    )
    if conversation_id:
        query = query.where(RecallTargetRow.conversation_id == conversation_id)
    return set(session.scalars(query))


def question_before(session: Session, told: Told) -> str:
    """What the citizen had said (masked as it is stored), "" where nothing was."""
    earlier = select(func.max(MessageRow.id)).where(
        MessageRow.conversation_id == told.conversation_id, MessageRow.id < told.message_id,
        MessageRow.author == "citizen").scalar_subquery()
    query = select(MessageRow.text).where(
        MessageRow.conversation_id == told.conversation_id, MessageRow.id == earlier)
    return session.scalar(query) or ""
