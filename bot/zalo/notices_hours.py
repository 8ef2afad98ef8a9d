"""When template messages may go out: 07:00 to 21:00 in Vietnam, whatever the platform allows (SPEC 7)."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from actions.notices.quiet import QuietHours
from common.clock import to_local

__all__ = ["allowed_at", "morning", "tomorrow"]

_NIGHT = QuietHours(time(21), time(7))


def allowed_at(moment: datetime) -> datetime:
    """`moment`, or seven o'clock after the night that it falls into."""
    return _NIGHT.next_allowed(moment)


def morning(moment: datetime) -> datetime:
    """The next seven o'clock: today's before it, else tomorrow's."""
    return tomorrow(moment) if to_local(moment).time() >= _NIGHT.ends else allowed_at(moment)


def tomorrow(moment: datetime) -> datetime:
    """Seven o'clock of the next day."""
    local = to_local(moment)
    return datetime.combine(local.date() + timedelta(days=1), _NIGHT.ends, local.tzinfo)
