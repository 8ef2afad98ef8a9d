"""Tables of conversations: who, what was said (masked), which turns are settled, what stayed unanswered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.clock import utc_now
from common.database import Base, UtcDateTime

__all__ = [
    "ConversationRow", "DeviceRow", "FeedbackRow", "MessageRow", "ResumeCodeRow", "TurnRow", "UnansweredRow",
]

_CONVERSATION = "conversations.id"


class ConversationRow(Base):
    """One conversation. `owner_epoch` grows at every change of owner: what was begun under an older epoch is void."""

    __tablename__ = "conversations"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(16), default="web")
    language: Mapped[str] = mapped_column(String(8), default="vi")
    owner: Mapped[str] = mapped_column(String(8), default="bot")
    owner_epoch: Mapped[int] = mapped_column(default=0)
    agent: Mapped[str | None] = mapped_column(String(64))
    last_procedure: Mapped[str | None] = mapped_column(String(40))
    last_message: Mapped[str] = mapped_column(String(26), default="")
    busy_by: Mapped[str | None] = mapped_column(String(36))
    busy_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)


class MessageRow(Base):
    """One bubble. `payload` holds the public parts besides id, author, time and text."""

    __tablename__ = "messages"

    conversation_id: Mapped[str] = mapped_column(ForeignKey(_CONVERSATION, ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    author: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # Under which ownership it was said: within one epoch either the bot speaks or a person does.
    owner_epoch: Mapped[int | None]


class TurnRow(Base):
    """One turn by the client's own id; `result` is what was answered, kept so that a repeat changes nothing."""

    __tablename__ = "turns"

    conversation_id: Mapped[str] = mapped_column(ForeignKey(_CONVERSATION, ondelete="CASCADE"), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(8), default="running")
    status: Mapped[str | None] = mapped_column(String(12))
    citizen_message: Mapped[str] = mapped_column(String(26))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    took_ms: Mapped[float | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class UnansweredRow(Base):
    """A question that was not answered straight: the raw material of the knowledge editors."""

    __tablename__ = "unanswered"
    __table_args__ = (Index("ix_unanswered_open", "resolved_at", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey(_CONVERSATION, ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    question: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(12))
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FeedbackRow(Base):
    """What a citizen thinks of one answer; a later word on the same message replaces the earlier one."""

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("conversation_id", "message_id"),
        ForeignKeyConstraint(
            ["conversation_id", "message_id"], ["messages.conversation_id", "messages.id"], ondelete="CASCADE"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(36))
    message_id: Mapped[str] = mapped_column(String(26))
    helpful: Mapped[bool]
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class DeviceRow(Base):
    """Another device that a conversation was taken up on: a token of its own, of which only the digest is kept."""

    __tablename__ = "conversation_devices"

    token_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey(_CONVERSATION, ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class ResumeCodeRow(Base):
    """A short code that takes a conversation to another device, once and for minutes; only its digest is kept."""

    __tablename__ = "resume_codes"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey(_CONVERSATION, ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
