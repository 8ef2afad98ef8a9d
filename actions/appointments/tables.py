"""Tables of appointments. A seat is one row: (point, start, seat) is unique while booked."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Base, UtcDateTime

__all__ = ["AppointmentRow", "SlotExceptionRow", "SlotTemplateRow"]


class SlotTemplateRow(Base):
    """Each week from `opens` to `closes` ("07:30") on a weekday (Monday is 0): slots of `minutes`, `capacity` seats."""

    __tablename__ = "appointment_templates"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    point_id: Mapped[str] = mapped_column(String(32), index=True)
    weekday: Mapped[int]
    opens: Mapped[str] = mapped_column(String(5))
    closes: Mapped[str] = mapped_column(String(5))
    minutes: Mapped[int]
    capacity: Mapped[int]
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    updated_by: Mapped[str] = mapped_column(String(64))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SlotExceptionRow(Base):
    """One day that differs from the template: closed (capacity 0), or these hours instead."""

    __tablename__ = "appointment_exceptions"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    point_id: Mapped[str] = mapped_column(String(32), index=True)
    day: Mapped[date] = mapped_column(Date)
    opens: Mapped[str] = mapped_column(String(5), default="")
    closes: Mapped[str] = mapped_column(String(5), default="")
    minutes: Mapped[int] = mapped_column(default=0)
    capacity: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(200), default="")
    updated_by: Mapped[str] = mapped_column(String(64))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AppointmentRow(Base):
    """One booking. `seat` is NULL once it is free again. `request_key` makes a repeated request the same booking."""

    __tablename__ = "appointments"
    __table_args__ = (
        UniqueConstraint("point_id", "starts_at", "seat", name="uq_appointments_seat"),
        Index("ix_appointments_point_id_starts_at", "point_id", "starts_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[str] = mapped_column(String(12), unique=True)
    request_key: Mapped[str] = mapped_column(String(64), unique=True)
    point_id: Mapped[str] = mapped_column(String(32))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seat: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16), default="booked")
    conversation_id: Mapped[str] = mapped_column(String(64), index=True)
    dossier_id: Mapped[str | None] = mapped_column(ForeignKey("dossiers.id", ondelete="SET NULL"), index=True)
    dossier_code: Mapped[str] = mapped_column(String(48), default="")
    procedure_code: Mapped[str] = mapped_column(String(48), default="")
    title: Mapped[str] = mapped_column(String(300), default="")
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    consent_version: Mapped[str | None] = mapped_column(String(32))
    consent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The citizen wished to be reminded; kept over a move.
    remind: Mapped[bool] = mapped_column(default=False)
    sequence: Mapped[int] = mapped_column(default=0)
    marked_by: Mapped[str] = mapped_column(String(64), default="")
    booked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
