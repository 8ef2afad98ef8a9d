"""Dates of renewal: the law's ages and windows, for every birthday and day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from actions.notices.renewals import birthday, load_renewals, moment_before, next_exchange, next_renewal
from common.clock import LOCAL, to_local
from tests.actions.support import shipped_guides

_AGES = (14, 25, 40, 60)
_BORN = st.dates(date(1930, 1, 1), date(2026, 11, 22))
_TODAY = st.dates(date(2024, 7, 1), date(2060, 1, 1))


def test_the_ages_of_the_law() -> None:
    assert tuple(load_renewals()["identity_card"].milestones) == _AGES
    born = date(2001, 12, 5)
    assert next_exchange(born, date(2026, 11, 22), _AGES) == date(2026, 12, 5)
    assert next_exchange(born, date(2026, 12, 5), _AGES) == date(2041, 12, 5)
    assert next_exchange(date(1960, 1, 1), date(2026, 11, 22), _AGES) is None
    # A card issued in the two years before 25 serves until 40.
    assert next_exchange(born, date(2026, 11, 22), _AGES, issued=date(2025, 1, 10), spared_years=2) == date(2041, 12, 5)
    assert next_exchange(born, date(2026, 11, 22), _AGES, issued=date(2024, 12, 4), spared_years=2) == date(2026, 12, 5)


def test_leap_days() -> None:
    assert birthday(date(2000, 2, 29), 25) == date(2025, 3, 1)
    assert birthday(date(2000, 2, 29), 40) == date(2040, 2, 29)


@given(_BORN, _TODAY)
def test_the_next_exchange_lies_ahead_on_a_birthday_of_the_law_and_none_is_skipped(born: date, today: date) -> None:
    found = next_exchange(born, today, _AGES)
    days = [birthday(born, age) for age in _AGES]
    if found is None:
        assert all(day <= today for day in days)
    else:
        assert found > today
        assert found in days
        assert not [day for day in days if today < day < found]


@given(_BORN, _TODAY, st.integers(0, 40_000))
def test_a_card_never_serves_beyond_two_ages(born: date, today: date, days: int) -> None:
    issued = born + timedelta(days=days)
    assume(issued <= today)
    plain = next_exchange(born, today, _AGES)
    spared = next_exchange(born, today, _AGES, issued=issued, spared_years=2)
    if plain is not None and spared != plain:
        assert issued >= birthday(born, _AGES[[birthday(born, age) for age in _AGES].index(plain)] - 2)
        assert spared is None or spared == birthday(born, _AGES[[birthday(born, a) for a in _AGES].index(plain) + 1])


@given(_TODAY, st.integers(1, 9000), st.integers(1, 400), st.times())
def test_a_reminder_comes_after_now_and_not_after_the_day(today: date, ahead: int, days: int, clock: object) -> None:
    now = datetime.combine(today, clock, LOCAL)  # type: ignore[arg-type]
    due = today + timedelta(days=ahead)
    at = moment_before(due, days, now)
    assert at > now
    assert to_local(at).date() <= due
    assert to_local(at).hour == 9


def test_an_expiry_in_the_past_is_not_reminded_of() -> None:
    passport = load_renewals()["passport"]
    today = date(2026, 11, 22)
    assert next_renewal(passport, "expiry", date(2026, 11, 22), today) is None
    assert next_renewal(passport, "expiry", date(2026, 11, 23), today) == date(2026, 11, 23)


def test_procedures_exist_and_rules_with_a_claim_name_their_law() -> None:
    known = {guide.code: guide for guide in shipped_guides()}
    for name, renewal in load_renewals().items():
        assert not renewal.procedure or renewal.procedure in known, name
        if any(character.isdigit() for character in renewal.rule):
            assert renewal.sources, name
        assert ("birth" in renewal.by) == bool(renewal.milestones)
    for name in ("identity_card", "passport", "temporary_residence", "food_safety"):
        renewal = load_renewals()[name]
        cited = {item.number for item in known[renewal.procedure].legal_basis}
        assert {source.number for source in renewal.sources} & cited, name


def test_words_of_one_paper_never_name_another() -> None:
    said = [(word, name) for name, renewal in load_renewals().items() if name != "other" for word in renewal.words]
    assert not [(one, two) for one, a in said for two, b in said if a != b and one in two]
