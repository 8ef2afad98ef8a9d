"""Tables of drafting: texts being written, what was set aside in a conflict, and imports being looked through."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.clock import utc_now
from common.database import Base, UtcDateTime

__all__ = ["AsideRow", "DraftRow", "ImportItemRow", "ImportJobRow"]


class DraftRow(Base):
    """One text of one guide on its way to publication. `open_code` is the code while it can still change, so that a
    code has one open draft at most."""

    __tablename__ = "guide_drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), index=True)
    open_code: Mapped[str | None] = mapped_column(String(40), unique=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    base_version: Mapped[int] = mapped_column(Integer, default=0)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    writers: Mapped[list[str]] = mapped_column(JSON)
    updated_by: Mapped[str] = mapped_column(String(100))
    note: Mapped[str] = mapped_column(Text, default="")
    remarks: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    reviewer: Mapped[str] = mapped_column(String(100), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    publish_on: Mapped[date | None] = mapped_column(Date)
    published_version: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class AsideRow(Base):
    """What somebody typed into a draft that another person had saved meanwhile: kept until they have chosen."""

    __tablename__ = "guide_asides"
    __table_args__ = (UniqueConstraint("draft_id", "author"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("guide_drafts.id", ondelete="CASCADE"))
    author: Mapped[str] = mapped_column(String(100))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class ImportJobRow(Base):
    """One uploaded catalogue: `reading`, `ready`, `applying`, `done`, `failed` or `dropped`. `done` counts bytes while
    it is read, rows while it is applied."""

    __tablename__ = "guide_imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16))
    author: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(Text, default="")
    total: Mapped[int] = mapped_column(Integer, default=0)
    done: Mapped[int] = mapped_column(Integer, default=0)
    same: Mapped[int] = mapped_column(Integer, default=0)
    failure: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class ImportItemRow(Base):
    """One row of an upload that is rejected, new or different. `fields` are the names of the fields that differ,
    `kept` those that stay as they were."""

    __tablename__ = "guide_import_items"
    __table_args__ = (UniqueConstraint("job_id", "line"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("guide_imports.id", ondelete="CASCADE"))
    line: Mapped[int] = mapped_column(Integer)
    code: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(10))
    problem: Mapped[str] = mapped_column(Text, default="")
    base_version: Mapped[int] = mapped_column(Integer, default=0)
    payload: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    fields: Mapped[list[str]] = mapped_column(JSON, default=list)
    kept: Mapped[list[str]] = mapped_column(JSON, default=list)
    decision: Mapped[str] = mapped_column(String(10), default="")
