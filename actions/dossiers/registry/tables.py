"""Tables of the registry beside `dossiers`: time limits, requests for a supplement, the editable calendar."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, validates

from common.database import Base, UtcDateTime
from common.identifiers import mask

__all__ = ["CalendarChangeRow", "DossierClockRow", "DossierRequestRow", "SupplementAskRow"]


class DossierClockRow(Base):
    """The time limit of a dossier. `dossiers.due_on` is the date that counts; here is how it came about."""

    __tablename__ = "dossier_clocks"

    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id", ondelete="CASCADE"), primary_key=True)
    unit: Mapped[str] = mapped_column(String(16), default="working_day")
    promised_on: Mapped[date | None] = mapped_column(Date)
    """The first due date, as on the receipt."""
    stopped_on: Mapped[date | None] = mapped_column(Date)
    """Since when the clock waits for the citizen."""
    ended_on: Mapped[date | None] = mapped_column(Date)
    late_reason: Mapped[str] = mapped_column(String(500), default="")
    late_by: Mapped[str] = mapped_column(String(100), default="")
    expected_on: Mapped[date | None] = mapped_column(Date)
    """When a late result is now expected; `due_on` stays, so lateness stays visible."""

    @validates("late_reason")
    def _masked(self, _key: str, reason: str) -> str:
        return mask(reason, keep=("dossier_code",))


class DossierRequestRow(Base):
    """One paper or answer that an officer asked for. `state` is open, answered, or closed (no longer needed)."""

    __tablename__ = "dossier_requests"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(500), default="")
    """The guide document's exact name, or the label of a field; empty for anything else."""
    sealed_reason: Mapped[bytes] = mapped_column(LargeBinary)
    asked_by: Mapped[str] = mapped_column(String(100))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16), default="open")
    sealed_answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SupplementAskRow(Base):
    """The request that a conversation is answering: its next file or text is the answer."""

    __tablename__ = "dossier_supplement_asks"

    conversation_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("dossier_requests.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CalendarChangeRow(Base):
    """What staff said about a day; the latest word counts and none is forgotten. `kind`: off, working, or usual (as
    the law has it)."""

    __tablename__ = "calendar_changes"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    day: Mapped[date] = mapped_column(Date, index=True)
    kind: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(300))
    actor: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
