"""Tables of the agent desk. Times of cases stay for the reports when a conversation is erased; words do not."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from common.clock import utc_now
from common.database import Base, UtcDateTime

__all__ = [
    "DeskAgentRow", "DeskAskRow", "DeskCallbackRow", "DeskCannedRow", "DeskCaseRow", "DeskFileRow", "DeskNoteRow",
    "DeskTextRow", "DeskTypingRow", "DeskWordsRow", "SatisfactionRow",
]


class DeskCaseRow(Base):
    """One stay of a conversation with people.

    `queued_at`: a person was asked for; `waiting_since`: begins anew after a transfer; `claimed_at`: the first person
    took it; `first_reply_at`: the first word of a person; `closed_at`: returned, withdrawn or erased. `outcome` is one
    of resolved, referred, unresolved, withdrawn, erased. `order_at` is what the queue is sorted by (`priority.py`).
    """

    __tablename__ = "desk_cases"
    __table_args__ = (
        Index(
            "uq_desk_cases_open", "conversation_id", unique=True,
            sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_desk_cases_waiting", "closed_at", "agent", "order_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str | None] = mapped_column(String(36), index=True)
    ticket: Mapped[str | None] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(8), default="live")
    unit: Mapped[str] = mapped_column(String(120), default="")
    procedure: Mapped[str | None] = mapped_column(String(48))
    field: Mapped[str] = mapped_column(String(80), default="")
    channel: Mapped[str] = mapped_column(String(16), default="web")
    language: Mapped[str] = mapped_column(String(8), default="vi")
    need: Mapped[str] = mapped_column(String(300), default="")
    marks: Mapped[list[str]] = mapped_column(JSON, default=list)
    agent: Mapped[str | None] = mapped_column(String(64), index=True)
    order_at: Mapped[datetime] = mapped_column(UtcDateTime)
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    waiting_since: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_reply_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    outcome: Mapped[str | None] = mapped_column(String(16))
    transfers: Mapped[int] = mapped_column(default=0)
    told_place: Mapped[int | None]
    told_minutes: Mapped[int | None]
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    nudged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DeskAgentRow(Base):
    """A person at the desk. Present only while `seen_at` is fresh; `capacity` None means the setting's."""

    __tablename__ = "desk_agents"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(8), default="busy")
    unit: Mapped[str] = mapped_column(String(120), default="")
    capacity: Mapped[int | None]
    since: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)


class DeskNoteRow(Base):
    """What staff tell each other about a conversation; `kind` is note, transfer, closing or system."""

    __tablename__ = "desk_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(36), index=True)
    author: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(10), default="note")
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class DeskCannedRow(Base):
    """A reply kept for use again; `owner` "" is everybody's."""

    __tablename__ = "desk_canned"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(64), default="", index=True)
    title: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class DeskFileRow(Base):
    """A file sent in a conversation with a person; its content lies sealed in the uploads folder under `id`."""

    __tablename__ = "desk_files"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(36), index=True)
    author: Mapped[str] = mapped_column(String(8))
    agent: Mapped[str | None] = mapped_column(String(64))
    sealed_name: Mapped[bytes] = mapped_column(LargeBinary)
    type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class DeskCallbackRow(Base):
    """A wish to be called back, with the citizen's consent; the number is gone once `state` is done or failed."""

    __tablename__ = "desk_callbacks"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(36), index=True)
    need: Mapped[str] = mapped_column(String(300), default="")
    unit: Mapped[str] = mapped_column(String(120), default="")
    sealed_phone: Mapped[bytes | None] = mapped_column(LargeBinary)
    shown: Mapped[str] = mapped_column(String(20))
    consent: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(8), default="open", index=True)
    note: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str | None] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DeskAskRow(Base):
    """What the desk asked a citizen to type next: a telephone number, or a word on how it went."""

    __tablename__ = "desk_asks"

    conversation_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    what: Mapped[str] = mapped_column(String(8))
    subject: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DeskTypingRow(Base):
    """When each side was last seen typing."""

    __tablename__ = "desk_typing"

    conversation_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    author: Mapped[str] = mapped_column(String(8), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class DeskWordsRow(Base):
    """A message as typed, where numbers in it were masked: sealed, only while a person has the conversation."""

    __tablename__ = "desk_words"

    conversation_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    message_id: Mapped[str] = mapped_column(String(26), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class SatisfactionRow(Base):
    """How a citizen found it, 1 (bad) to 5 (good), after a person had answered (`case_id`), or at the end of a
    conversation with the bot alone (None). `conversation_id` "" once erased."""

    __tablename__ = "satisfaction"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(36), index=True)
    case_id: Mapped[int | None] = mapped_column(unique=True)
    procedure: Mapped[str | None] = mapped_column(String(48), index=True)
    centre: Mapped[str] = mapped_column(String(120), default="")
    score: Mapped[int]
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)


class DeskTextRow(Base):
    """A sentence that managers put in the place of the shipped one; `key` is one of `bot.desk.absence.KINDS`."""

    __tablename__ = "desk_texts"

    key: Mapped[str] = mapped_column(String(24), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
