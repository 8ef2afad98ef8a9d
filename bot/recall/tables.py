"""Tables of change recalls: what is corrected, in whose conversations, and who was told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Base, UtcDateTime

__all__ = ["RecallRow", "RecallTargetRow"]


class RecallRow(Base):
    """One correction of what was said about a guide. `state`: draft, approved, sent or cancelled."""

    __tablename__ = "recalls"
    __table_args__ = (Index("ix_recalls_code_to_version", "code", "to_version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    from_version: Mapped[int]
    to_version: Mapped[int]
    days: Mapped[int]
    fields: Mapped[list[Any]] = mapped_column(JSON)
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), default="draft")
    author: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reviewer: Mapped[str | None] = mapped_column(String(100))
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    found: Mapped[int] = mapped_column(default=0)
    told: Mapped[int] = mapped_column(default=0)


class RecallTargetRow(Base):
    """A conversation that was told the old value, in the message named; gone with the message when that is erased."""

    __tablename__ = "recall_targets"
    __table_args__ = (
        ForeignKeyConstraint(
            ["conversation_id", "message_id"], ["messages.conversation_id", "messages.id"], ondelete="CASCADE"
        ),
        Index("ix_recall_targets_message", "conversation_id", "message_id"),
    )

    recall_id: Mapped[int] = mapped_column(ForeignKey("recalls.id", ondelete="CASCADE"), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    message_id: Mapped[str] = mapped_column(String(26))
    fields: Mapped[list[Any]] = mapped_column(JSON)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
