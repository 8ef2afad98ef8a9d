"""Table of personal checklists. Which case is the citizen's may be sensitive (an illness, poverty): it is sealed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Base, UtcDateTime

__all__ = ["ChecklistRow"]


class ChecklistRow(Base):
    """One checklist a conversation and procedure. `sealed` holds answers and ticks as JSON; `guide_version` is the
    version of the guide that the citizen has seen.
    """

    __tablename__ = "checklists"
    __table_args__ = (UniqueConstraint("conversation_id", "procedure_code", name="uq_checklists_procedure"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(64), index=True)
    procedure_code: Mapped[str] = mapped_column(String(40))
    guide_version: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
