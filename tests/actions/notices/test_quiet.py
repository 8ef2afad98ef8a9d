"""Quiet hours: read from the setting, and true of every moment."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.notices.quiet import QuietHours
from common.clock import LOCAL, to_local
from common.errors import InvalidInput

_CLOCK = st.times().map(lambda at: at.replace(second=0, microsecond=0))
_MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


def test_the_default_is_quiet_over_night() -> None:
    quiet = QuietHours.parse("21:00-07:00")
    evening = datetime(2026, 11, 24, 21, 0, tzinfo=LOCAL)
    assert quiet.until(evening) == datetime(2026, 11, 25, 7, 0, tzinfo=LOCAL)
    assert quiet.until(evening - timedelta(seconds=1)) is None
    assert quiet.until(datetime(2026, 11, 25, 6, 59, tzinfo=LOCAL)) == datetime(2026, 11, 25, 7, 0, tzinfo=LOCAL)
    assert quiet.until(datetime(2026, 11, 25, 7, 0, tzinfo=LOCAL)) is None


@pytest.mark.parametrize("text", ["21-7", "25:00-07:00", "21:00-07:60", "đêm", "21:00-07:00 "[:4]])
def test_an_unreadable_setting_is_named(text: str) -> None:
    with pytest.raises(InvalidInput, match="ISEE_QUIET_HOURS"):
        QuietHours.parse(text)


@given(_MOMENTS)
def test_no_quiet_hours_at_all(moment: datetime) -> None:
    assert QuietHours.parse("").until(moment) is None


@given(_CLOCK, _CLOCK, _MOMENTS)
def test_the_next_allowed_moment_is_allowed_soon_and_never_earlier(begins: time, ends: time, moment: datetime) -> None:
    quiet = QuietHours(begins, ends)
    allowed = quiet.next_allowed(moment)
    assert moment <= allowed <= moment + timedelta(days=1)
    assert quiet.until(allowed) is None
    if allowed != moment:
        assert to_local(allowed).time() == ends
