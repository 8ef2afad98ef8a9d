"""Tables of golden questions and of how they did, day by day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Base, UtcDateTime

__all__ = ["GoldenQuestionRow", "GoldenRunRow"]


class GoldenQuestionRow(Base):
    """One question whose right treatment is known, with what the last run made of it.

    A removed one stays, so that loading the shipped questions again doesn't bring it back.
    """

    __tablename__ = "golden_questions"
    __table_args__ = (UniqueConstraint("code", "question"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), index=True)
    question: Mapped[str] = mapped_column(String(300))
    expected: Mapped[str] = mapped_column(String(8))
    shipped: Mapped[bool]
    author: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    passed: Mapped[bool | None]
    decision: Mapped[str] = mapped_column(String(8), default="")
    first: Mapped[str] = mapped_column(String(40), default="")
    confidence: Mapped[float] = mapped_column(default=0.0)
    candidates: Mapped[list[Any]] = mapped_column(JSON, default=list)
    judged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class GoldenRunRow(Base):
    """How the questions of one guide did in the last full run of a day."""

    __tablename__ = "golden_runs"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    passed: Mapped[int]
    failed: Mapped[int]
