"""Tables of the adapter: which dossier is which outside, and every event heard from there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Base, UtcDateTime

__all__ = ["OutsideDossierRow", "OutsideEventRow"]


class OutsideDossierRow(Base):
    """A dossier's counterpart. `state` is waiting (not acknowledged yet), sent or refused; `sequence` is the last
    outside step that was worked on; `sent_files` a JSON list of the files that are there."""

    __tablename__ = "outside_dossiers"

    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id", ondelete="CASCADE"), primary_key=True)
    outside_code: Mapped[str | None] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(16), default="waiting", index=True)
    outside_state: Mapped[str] = mapped_column(String(48), default="")
    sequence: Mapped[int] = mapped_column(default=0)
    sent_files: Mapped[str] = mapped_column(Text, default="[]")
    problem: Mapped[str] = mapped_column(String(200), default="")
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OutsideEventRow(Base):
    """One step heard by callback or reconciliation. `outcome` is waiting (an earlier step is missing), applied, stale
    or kept (staff decide; `reason` says why)."""

    __tablename__ = "outside_events"
    __table_args__ = (
        UniqueConstraint("event_id", name="uq_outside_events_event_id"),
        UniqueConstraint("outside_code", "sequence", name="uq_outside_events_step"),
        Index("ix_outside_events_outcome", "outcome", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(String(160))
    outside_code: Mapped[str] = mapped_column(String(64))
    reference: Mapped[str] = mapped_column(String(48))
    sequence: Mapped[int]
    dossier_id: Mapped[str | None] = mapped_column(ForeignKey("dossiers.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(48))
    sealed_note: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(16), default="waiting")
    reason: Mapped[str] = mapped_column(String(32), default="")
