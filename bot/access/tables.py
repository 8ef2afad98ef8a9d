"""Tables of staff, their sessions and recovery codes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, false
from sqlalchemy.orm import Mapped, mapped_column

from common.clock import utc_now
from common.database import Base, UtcDateTime

__all__ = ["RecoveryCodeRow", "StaffRow", "StaffSessionRow"]


class StaffRow(Base):
    """A person who may sign in.

    `failed` counts wrong passwords and codes in a row. `totp` and `totp_new` are sealed secrets, in use and being set
    up; `totp_step` is the time step of the latest code accepted, so that none counts twice. `sso` is the digest of
    issuer and subject.
    """

    __tablename__ = "staff"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str] = mapped_column(String(255))
    failed: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    display_name: Mapped[str] = mapped_column(String(100), default="", server_default="")
    unit: Mapped[str] = mapped_column(String(120), default="", server_default="", index=True)
    email: Mapped[str] = mapped_column(String(200), default="", server_default="")
    must_change: Mapped[bool] = mapped_column(default=False, server_default=false())
    locked: Mapped[bool] = mapped_column(default=False, server_default=false())
    totp: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_new: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_step: Mapped[int] = mapped_column(default=0, server_default="0")
    sso: Mapped[str | None] = mapped_column(String(64), unique=True)


class StaffSessionRow(Base):
    """A signed-in browser; the cookie's token is kept as a digest only. `stage` says what is still to be proved."""

    __tablename__ = "staff_sessions"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(ForeignKey("staff.name", ondelete="CASCADE"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    stage: Mapped[str] = mapped_column(String(12))
    method: Mapped[str] = mapped_column(String(12))
    device: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    used_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class RecoveryCodeRow(Base):
    """A recovery code that has not been used, as a keyed digest."""

    __tablename__ = "staff_recovery_codes"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(ForeignKey("staff.name", ondelete="CASCADE"), index=True)
