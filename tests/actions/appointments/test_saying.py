"""Days and times as citizens type them."""

from __future__ import annotations

from datetime import date, time

import pytest

from actions.appointments.saying import read_moment

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(("text", "day", "clock"), [
    ("sang thu tu", date(2026, 11, 25), None), ("thứ 2 tuần sau", date(2026, 11, 30), None),
    ("chiều mai", date(2026, 11, 24), None), ("25/11", date(2026, 11, 25), None), ("ngày 5", date(2026, 12, 5), None),
    ("chu nhat", date(2026, 11, 29), None), ("t6 nhé em", date(2026, 11, 27), None),
    ("9h", None, time(9)), ("9h30", None, time(9, 30)), ("9:30", None, time(9, 30)), ("2h chiều", None, time(14)),
    ("8 giờ rưỡi sáng thứ năm", date(2026, 11, 26), time(8, 30)),
])
def test_a_day_and_a_time(text: str, day: date | None, clock: time | None) -> None:
    moment = read_moment(text, MONDAY)
    assert moment and (moment.day, moment.clock, moment.alone) == (day, clock, True)


@pytest.mark.parametrize("text", ["phí bao nhiêu", "cho tôi", "bãi cháy", "có được không", "25h", "31/13"])
def test_neither(text: str) -> None:
    assert read_moment(text, MONDAY) is None


def test_a_moment_among_other_words_is_not_alone() -> None:
    moment = read_moment("đặt lịch làm khai sinh phường Bãi Cháy 9h sáng thứ tư", MONDAY)
    assert moment and moment.day == date(2026, 11, 25) and not moment.alone
