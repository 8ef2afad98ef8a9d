"""Tables of the inbox. What a citizen said hangs on the conversation and goes with it; groups hold no words of theirs
but those that staff chose as a title.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.clock import utc_now
from common.database import Base, UtcDateTime

__all__ = ["InboxClusterRow", "InboxFollowUpRow", "InboxMarkRow", "InboxQuestionRow"]

_CONVERSATION = "conversations.id"


class InboxClusterRow(Base):
    """A group of questions about one matter.

    `state` is open, resolved, out_of_scope or merged (then `merged_into` names the group that took its questions).
    `how` says by what it was resolved: phrasing, guide or note; draft while a guide `procedure` is being written for
    it. `fixed`: made or changed by hand: re-grouping leaves it alone. `centre` is the mean of the vectors (float32),
    `near` of the candidates. `seen` counts every question that ever joined, also those that were erased since. `gap`:
    the index knows nothing for it.
    """

    __tablename__ = "inbox_clusters"
    __table_args__ = (Index("ix_inbox_clusters_state_last_at", "state", "last_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(16), default="open")
    how: Mapped[str] = mapped_column(String(16), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    procedure: Mapped[str | None] = mapped_column(String(40))
    assigned_to: Mapped[str | None] = mapped_column(String(100), index=True)
    merged_into: Mapped[int | None]
    fixed: Mapped[bool] = mapped_column(default=False)
    recurred: Mapped[bool] = mapped_column(default=False)
    seen: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(default=0)
    centre: Mapped[bytes | None] = mapped_column(LargeBinary)
    near: Mapped[dict[str, float]] = mapped_column(JSON, default=dict)
    gap: Mapped[bool] = mapped_column(default=False)
    central_id: Mapped[int | None]
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    drafted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class InboxQuestionRow(Base):
    """A masked question that was left open, once for each conversation; `digest` is of its folded words.

    `kind` is handed_off, unhelpful, abstained or clarified; `note` what the citizen wrote with a thumbs-down;
    `message_id` their message; `folded` its syllables without diacritics, to be searched. `fixed`: put into its group
    by hand. `vector` (float32) and `near` (candidates with their scores) are what grouping compares.
    """

    __tablename__ = "inbox_questions"
    __table_args__ = (UniqueConstraint("conversation_id", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey(_CONVERSATION, ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(32))
    question: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[str] = mapped_column(String(16), index=True)
    note: Mapped[str] = mapped_column(Text, default="")
    channel: Mapped[str] = mapped_column(String(16), default="web")
    message_id: Mapped[str] = mapped_column(String(26), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("inbox_clusters.id", ondelete="SET NULL"), index=True)
    fixed: Mapped[bool] = mapped_column(default=False)
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)
    near: Mapped[dict[str, float]] = mapped_column(JSON, default=dict)
    gap: Mapped[bool] = mapped_column(default=False)


class InboxFollowUpRow(Base):
    """A citizen's wish to be told the answer to a question, with the version of the text they agreed to.

    `state` is waiting, due (solved, being told), told or withdrawn.
    """

    __tablename__ = "inbox_follow_ups"

    conversation_id: Mapped[str] = mapped_column(ForeignKey(_CONVERSATION, ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(32), primary_key=True)
    question: Mapped[str] = mapped_column(Text)
    text_version: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16), default="waiting", index=True)
    procedure: Mapped[str | None] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class InboxMarkRow(Base):
    """How far collecting has come, and which process is at it: one row a chore."""

    __tablename__ = "inbox_marks"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    busy_by: Mapped[str | None] = mapped_column(String(36))
    busy_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
