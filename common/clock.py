"""Time as the province keeps it: aware UTC inside, Asia/Ho_Chi_Minh outside."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

__all__ = ["LOCAL", "local_date", "local_now", "to_local", "utc_now"]

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")


def utc_now() -> datetime:
    """The current moment, aware, in UTC."""
    return datetime.now(UTC)


def local_now() -> datetime:
    """The current moment, aware, in Vietnam's time."""
    return datetime.now(LOCAL)


def to_local(moment: datetime) -> datetime:
    """`moment` in Vietnam's time; a naive value is taken as UTC (as SQLite returns it)."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(LOCAL)


def local_date(moment: datetime | None = None) -> date:
    """The calendar date in Vietnam of `moment` (now when omitted)."""
    return (to_local(moment) if moment else local_now()).date()
