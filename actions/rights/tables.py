"""The log of requests that people make about their data."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Base, UtcDateTime

__all__ = ["RightsRequestRow"]


class RightsRequestRow(Base):
    """One request: who and what are sealed; kind, times and state are plain so that nothing is forgotten.

    `state` is open, acknowledged or done. Kept after an erasure: it proves that the erasure was asked for and done.
    """

    __tablename__ = "rights_requests"

    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), index=True)
    state: Mapped[str] = mapped_column(String(16), index=True, default="open")
    who: Mapped[str] = mapped_column(String(64), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    acknowledge_by: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date] = mapped_column(Date)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(100), default="")
