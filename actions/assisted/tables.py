"""Table of assisted sessions: staff of a centre or point who file for a citizen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Base, UtcDateTime

__all__ = ["AssistedSessionRow"]


class AssistedSessionRow(Base):
    """One session: who (`staff`) acted where (`point_id`) for whom (sealed name), with which consent.

    `dossier_id` is filled in when the dossier is submitted. What the citizen's dossier keeps stays when the session's
    conversation is erased.
    """

    __tablename__ = "assisted_sessions"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(64), unique=True)
    staff: Mapped[str] = mapped_column(String(64), index=True)
    point_id: Mapped[str] = mapped_column(String(32), index=True)
    point_name: Mapped[str] = mapped_column(String(200))
    procedure_code: Mapped[str] = mapped_column(String(48))
    sealed_citizen: Mapped[bytes] = mapped_column(LargeBinary)
    consent_version: Mapped[str] = mapped_column(String(32))
    consent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    draft_id: Mapped[str] = mapped_column(String(32), default="", index=True)
    dossier_id: Mapped[str | None] = mapped_column(ForeignKey("dossiers.id", ondelete="SET NULL"), index=True)
    dossier_code: Mapped[str] = mapped_column(String(48), default="")
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
