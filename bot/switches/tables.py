"""Tables of switches and of notices to everybody. Rows stay, so that past ones can be looked up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from common.clock import utc_now
from common.database import Base, UtcDateTime

__all__ = ["PublicNoticeRow", "SwitchRow"]


class SwitchRow(Base):
    """Something that is off from `since`: `kind` is bot, channel or guide, `target` the channel or the guide's code."""

    __tablename__ = "switches"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    target: Mapped[str] = mapped_column(String(60), default="")
    reason: Mapped[str] = mapped_column(String(500))
    actor: Mapped[str] = mapped_column(String(64))
    since: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    ended_by: Mapped[str] = mapped_column(String(64), default="")


class PublicNoticeRow(Base):
    """A sentence shown to everybody from `starts_at` to `ends_at`; `level` is notice or emergency."""

    __tablename__ = "public_notices"

    id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(String(500))
    actor: Mapped[str] = mapped_column(String(64))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str] = mapped_column(String(64), default="")
