"""Tables of the knowledge base: every version ever published, and the log that says which one counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Base, UtcDateTime

__all__ = ["GuideVersion", "PublicationEntry", "ShippedSource"]


class GuideVersion(Base):
    """One text of one guide. Never changed or deleted: answers name it by code and version."""

    __tablename__ = "guide_versions"
    # Versions count over all origins of a code, so that code and version alone name a text word for word.
    __table_args__ = (UniqueConstraint("code", "version"), Index("ix_guide_versions_code_origin", "code", "origin"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    origin: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(Integer)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    checksum: Mapped[str] = mapped_column(String(64))
    author: Mapped[str] = mapped_column(String(120))
    reviewer: Mapped[str] = mapped_column(String(100), default="", server_default="")
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PublicationEntry(Base):
    """One act of publishing or withdrawing. Its id is the revision that replicas follow."""

    __tablename__ = "publication_log"
    __table_args__ = (
        Index("ix_publication_log_code_origin", "code", "origin"),
        # SQLite would otherwise give the id of a deleted last row out again.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    code: Mapped[str] = mapped_column(String(40))
    origin: Mapped[str] = mapped_column(String(16))
    op: Mapped[str] = mapped_column(String(8))
    version: Mapped[int] = mapped_column(Integer)
    author: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ShippedSource(Base):
    """Digest of shipped guides or facts when they were last loaded, so that loading again costs nothing."""

    __tablename__ = "kb_shipped"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
