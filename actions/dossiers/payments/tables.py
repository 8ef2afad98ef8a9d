"""Tables of payments: what a dossier owes and whether it was paid, and everything that providers reported."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Base, UtcDateTime

__all__ = ["PaymentEventRow", "PaymentRow"]


class PaymentRow(Base):
    """A dossier's fee. `amount` in đồng: 0 is free, NULL to be confirmed. `basis` is guide or officer. `state` is
    unpaid, pending, paid, refused or refunded. `reference` is the message of the transfer."""

    __tablename__ = "payments"

    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id", ondelete="CASCADE"), primary_key=True)
    amount: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3), default="VND")
    basis: Mapped[str] = mapped_column(String(16), default="guide")
    note: Mapped[str] = mapped_column(String(1000), default="")
    legal: Mapped[str] = mapped_column(String(300), default="")
    set_by: Mapped[str] = mapped_column(String(100), default="")
    state: Mapped[str] = mapped_column(String(16), default="unpaid", index=True)
    reference: Mapped[str] = mapped_column(String(25), unique=True)
    provider: Mapped[str] = mapped_column(String(32), default="")
    transaction_id: Mapped[str] = mapped_column(String(64), default="")
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PaymentEventRow(Base):
    """One report of a provider. `outcome` is applied, stale or kept (staff decide; `reason` says why)."""

    __tablename__ = "payment_events"
    __table_args__ = (
        UniqueConstraint("provider", "event_id", name="uq_payment_events_event"),
        Index("ix_payment_events_outcome", "outcome", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    provider: Mapped[str] = mapped_column(String(32))
    event_id: Mapped[str] = mapped_column(String(64))
    dossier_id: Mapped[str | None] = mapped_column(ForeignKey("dossiers.id", ondelete="CASCADE"), index=True)
    reference: Mapped[str] = mapped_column(String(64))
    transaction_id: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32), default="")
