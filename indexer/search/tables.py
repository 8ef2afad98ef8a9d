"""Table of the thresholds that staff set."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Base, UtcDateTime

__all__ = ["ThresholdsRow"]


class ThresholdsRow(Base):
    """One setting of the thresholds; the latest counts, earlier ones stay. Both empty: those that are shipped."""

    __tablename__ = "search_thresholds"

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_at: Mapped[float | None]
    domain_at: Mapped[float | None]
    author: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
