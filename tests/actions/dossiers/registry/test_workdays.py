"""Working-day arithmetic: monotone, additive, never on a day off, whatever staff changed; the editable calendar."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.companion.bundle import Dossiers
from actions.dossiers.eforms.eform import TimeLimit
from actions.dossiers.registry.workdays import Workdays
from actions.dossiers.tables import DossierRow
from common.clock import local_date
from common.database import Database
from common.errors import InvalidInput
from tests.actions.dossiers.test_submission import fill

DAYS = st.dates(date(2024, 1, 1), date(2035, 12, 31))
AMOUNTS = st.integers(0, 60)
CHANGES = st.dictionaries(st.dates(date(2024, 1, 1), date(2036, 12, 31)), st.booleans(), max_size=40)
CALENDARS = st.builds(Workdays, CHANGES)
DAY = timedelta(days=1)


@given(CALENDARS, DAYS, st.integers(1, 60))
def test_it_never_lands_on_a_day_off(workdays: Workdays, start: date, amount: int) -> None:
    for unit in ("working_day", "day"):
        due = workdays.due(start, TimeLimit(amount=amount, unit=unit))
        assert due is not None and due > start and workdays.is_working(due)


@given(CALENDARS, DAYS, AMOUNTS, AMOUNTS)
def test_it_is_additive(workdays: Workdays, start: date, one: int, other: int) -> None:
    assert workdays.add(workdays.add(start, one), other) == workdays.add(start, one + other)


@given(CALENDARS, DAYS, AMOUNTS, st.integers(0, 30))
def test_it_is_monotone(workdays: Workdays, start: date, amount: int, later: int) -> None:
    assert workdays.add(start, amount) <= workdays.add(start + DAY * later, amount)
    assert workdays.add(start, amount) < workdays.add(start, amount + 1)


@given(CALENDARS, DAYS, AMOUNTS)
def test_counting_is_the_inverse_of_adding(workdays: Workdays, start: date, amount: int) -> None:
    assert workdays.count(start, workdays.add(start, amount)) == amount


@given(CALENDARS, DAYS, st.integers(1, 30), st.integers(0, 40), st.integers(0, 40))
def test_what_was_left_when_the_clock_stopped_is_left_when_it_goes_on(
    workdays: Workdays, start: date, amount: int, before: int, waited: int
) -> None:
    due = workdays.add(start, amount)
    stopped = start + DAY * before
    resumed = stopped + DAY * waited
    moved = workdays.moved(due, "working_day", stopped, resumed)
    assert moved >= due and workdays.is_working(moved)
    if stopped <= due:
        assert workdays.count(resumed, moved) == workdays.count(stopped, due)
    else:  # late already: as late afterwards as when the clock stopped
        assert workdays.count(moved, resumed) <= workdays.count(due, stopped)


@given(CALENDARS, DAYS)
def test_a_day_declared_off_only_moves_dates_later(workdays: Workdays, day: date) -> None:
    closed = Workdays({**workdays.changes, day: False})
    opened = Workdays({**workdays.changes, day: True})
    start = day - DAY * 3
    for amount in range(8):
        assert opened.add(start, amount) <= closed.add(start, amount)


@pytest.mark.parametrize(("day", "working"), [
    (date(2026, 2, 16), False),   # the last day of the lunar year
    (date(2026, 2, 20), False),   # fourth day of the Lunar New Year
    (date(2026, 4, 27), False),   # Hung Kings' day fell on a Sunday
    (date(2026, 8, 22), True),    # a Saturday worked for Monday, 31 August
    (date(2026, 8, 31), False),
    (date(2026, 9, 2), False),
    (date(2026, 11, 23), True),
    (date(2026, 11, 28), False),  # a Saturday
    (date(2027, 2, 8), False),    # the lunar calendar moves every year
])
def test_public_holidays_and_days_in_lieu(day: date, working: bool) -> None:
    assert Workdays().is_working(day) is working


def test_a_year_without_work_is_a_slip() -> None:
    closed = {date(2026, 1, 1) + DAY * step: False for step in range(400)}
    with pytest.raises(ValueError, match="no working day"):
        Workdays(closed).add(date(2026, 1, 1), 1)


def test_staff_change_the_calendar_with_who_and_why(room: Dossiers, database: Database) -> None:
    code = room.submissions.submit(fill(room).id).code
    due = room.registry.status(code).due_on
    assert due is not None
    moved = room.calendar.change(due, "off", reason="Nghỉ do bão theo công điện", actor="Lê C")
    assert moved == 1
    now = room.registry.status(code)
    assert now.due_on is not None and now.due_on > due and room.calendar.today().is_working(now.due_on)
    assert now.timeline[-1].kind == "due" and "bão" in now.timeline[-1].note
    assert (room.calendar.changes()[0].actor, room.calendar.changes()[0].kind) == ("Lê C", "off")
    # Taking it back moves no promise back, and both words stay in the record.
    assert room.calendar.change(due, "usual", reason="Bão không vào", actor="Lê C") == 0
    assert room.calendar.today().is_working(due) and room.registry.status(code).due_on == now.due_on
    assert len(room.calendar.changes()) == 2
    with database.session(write=False) as session:
        assert session.query(DossierRow).count() == 1


def test_a_saturday_worked_counts_at_once(room: Dossiers) -> None:
    today = local_date()
    saturday = today + DAY * ((5 - today.weekday()) % 7 + 7)
    assert not room.calendar.today().is_working(saturday)
    room.calendar.change(saturday, "working", reason="Làm bù theo văn bản", actor="Lê C")
    assert room.calendar.today().is_working(saturday)
    assert any(item.day == saturday and item.working and item.reason for item in room.calendar.coming(today))


@pytest.mark.parametrize(("days", "kind", "reason", "said"), [
    (1, "holiday", "đủ dài", "ba loại"), (1, "off", "x", "lý do"), (-1, "off", "đủ dài", "hôm nay"),
    (2000, "off", "đủ dài", "hai năm"),
])
def test_a_change_without_reason_or_in_the_past_is_refused(
    room: Dossiers, days: int, kind: str, reason: str, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        room.calendar.change(local_date() + DAY * days, kind, reason=reason, actor="Lê C")
    assert room.calendar.changes() == []
