"""Tables of the reports: counts by day without anything personal, and the forecast. They outlive conversations."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Base, UtcDateTime

__all__ = ["ReportCountRow", "ReportDayRow", "ReportForecastRow"]


class ReportDayRow(Base):
    """A day that was counted, and when. A sealed day isn't counted again: what it was counted from may be erased."""

    __tablename__ = "report_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    sealed: Mapped[bool] = mapped_column(default=False)
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReportCountRow(Base):
    """How often something happened on a day in Vietnam. Empty dimensions mean "none named".

    `measure` and `label` say what (`bot/reports/counting.py`); `amount` is a sum over what was counted (working days,
    seconds), `against` the sum of what it is compared with (the working days promised).
    """

    __tablename__ = "report_counts"
    __table_args__ = (
        UniqueConstraint(
            "measure", "day", "label", "channel", "centre", "field", "procedure", name="uq_report_counts_cell"),
        Index("ix_report_counts_day", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    day: Mapped[date] = mapped_column(Date)
    measure: Mapped[str] = mapped_column(String(16))
    label: Mapped[str] = mapped_column(String(40), default="")
    channel: Mapped[str] = mapped_column(String(16), default="")
    centre: Mapped[str] = mapped_column(String(32), default="")
    field: Mapped[str] = mapped_column(String(200), default="")
    procedure: Mapped[str] = mapped_column(String(48), default="")
    count: Mapped[int]
    amount: Mapped[float] = mapped_column(default=0.0)
    against: Mapped[float] = mapped_column(default=0.0)


class ReportForecastRow(Base):
    """The latest forecast of one centre ("" for the whole province), as `forecast.model.Forecast` writes it."""

    __tablename__ = "report_forecasts"

    centre: Mapped[str] = mapped_column(String(32), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
