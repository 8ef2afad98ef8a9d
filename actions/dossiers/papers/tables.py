"""Tables of verified papers and of their reuse."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Base, UtcDateTime

__all__ = ["PaperCheckRow", "PaperCopyRow"]


class PaperCheckRow(Base):
    """An officer found the attached file to be a true copy; it counts until `valid_until` where the paper runs out."""

    __tablename__ = "paper_checks"

    file_id: Mapped[str] = mapped_column(ForeignKey("dossier_files.id", ondelete="CASCADE"), primary_key=True)
    actor: Mapped[str] = mapped_column(String(100))
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_until: Mapped[date | None] = mapped_column(Date)


class PaperCopyRow(Base):
    """Where a reused file comes from, as it stood when the citizen agreed."""

    __tablename__ = "paper_copies"

    file_id: Mapped[str] = mapped_column(ForeignKey("dossier_files.id", ondelete="CASCADE"), primary_key=True)
    source: Mapped[str] = mapped_column(String(48))
    dossier_code: Mapped[str] = mapped_column(String(48))
    title: Mapped[str] = mapped_column(String(300))
    checked_on: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    consent_version: Mapped[str] = mapped_column(String(32))
    consent_at: Mapped[datetime] = mapped_column(UtcDateTime)
