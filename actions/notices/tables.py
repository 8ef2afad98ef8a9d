"""Tables of notices: what each conversation agreed to, what waits to be said, and reminders. Texts are sealed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Base, UtcDateTime

__all__ = ["DateQuestionRow", "NoticeChoiceRow", "NoticeRow", "ReminderRow"]


class NoticeChoiceRow(Base):
    """Yes or no of a conversation to one purpose (`dossier`, `reminder`, `mail`, `zalo`), with the version of the text
    that was shown. `sealed` is the address for `mail`, the phone number for `zalo`."""

    __tablename__ = "notice_choices"

    conversation_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16), primary_key=True)
    given: Mapped[bool]
    text_version: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class NoticeRow(Base):
    """Something to say in a conversation. `state` is waiting, sent, or replaced by a later word on the same thing.

    `key` is unique in its conversation: work that is done twice says it once.
    """

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_conversation_id_state", "conversation_id", "state"),)

    conversation_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    topic: Mapped[str] = mapped_column(String(48))
    subject: Mapped[str] = mapped_column(String(120))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReminderRow(Base):
    """A date on which a conversation is to be reminded of something. `state` is waiting, sent or cancelled."""

    __tablename__ = "reminders"
    __table_args__ = (UniqueConstraint("conversation_id", "kind", "key", name="uq_reminders_key"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DateQuestionRow(Base):
    """A conversation that agreed to a renewal reminder and was asked for its date: the next date is the answer."""

    __tablename__ = "reminder_questions"

    conversation_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    item: Mapped[str] = mapped_column(String(32))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
