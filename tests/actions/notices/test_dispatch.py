"""A change becomes one message: to those who asked, outside quiet hours, once, the latest word of several."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from actions.dossiers.registry.states import load_states
from actions.messages import MessageError
from actions.notices.composing import Composer
from actions.outbox import OutboxRow
from common.clock import LOCAL
from common.database import Database
from tests.actions.notices.conftest import NOON, Office, office_over


def test_only_who_said_yes_is_told(office: Office) -> None:
    code = office.dossier(1)
    office.changes(code, "processing")
    assert office.work() == []
    office.notices.choose("c1", "dossier", True)
    office.passes(minutes=1)
    office.changes(code, "supplement_requested")
    (said,) = office.work()
    assert code in said
    assert "bổ sung" in said


def test_stopping_is_as_easy_and_holds_for_what_waits(office: Office) -> None:
    code = office.dossier(1)
    office.notices.choose("c1", "dossier", True)
    office.clock.at = NOON.replace(hour=23)
    office.changes(code, "processing")
    assert office.work() == []
    office.notices.stop("c1")
    office.passes(hours=12)
    assert office.work() == []


def test_changes_in_the_night_become_one_message_in_the_morning_with_the_last_word(office: Office) -> None:
    first, second = office.dossier(1), office.dossier(2, title="Đăng ký thường trú")
    office.notices.choose("c1", "dossier", True)
    office.clock.at = NOON.replace(hour=21, minute=30)
    for code, state in ((first, "processing"), (second, "received"), (first, "supplement_requested")):
        office.changes(code, state)
        assert office.work() == []
        office.passes(minutes=20)
    office.clock.at = (NOON + timedelta(days=1)).replace(hour=6, minute=59)
    assert office.work() == []
    office.passes(minutes=2)
    (said,) = office.work()
    assert said.count(first) == said.count(second) == 1
    assert "cần bổ sung" in said
    assert office.work() == []


def test_a_crash_between_the_work_and_the_note_says_it_once(office: Office, database: Database) -> None:
    code = office.dossier(1)
    office.notices.choose("c1", "dossier", True)
    office.changes(code, "processing")
    assert len(office.work()) == 1
    with database.session() as session:
        session.execute(update(OutboxRow).values(state="waiting", due_at=office.clock.at))
    assert office.work() == []


def test_a_crash_while_saying_it_says_it_later(office: Office) -> None:
    code = office.dossier(1)
    office.notices.choose("c1", "dossier", True)
    office.box.fails = True
    office.changes(code, "processing")
    assert office.work() == []
    office.passes(minutes=1)
    assert len(office.work()) == 1


def test_a_conversation_that_is_gone_is_no_failure(office: Office) -> None:
    code = office.dossier(1)
    office.notices.choose("c1", "dossier", True)
    office.box.gone.add("c1")
    office.changes(code, "processing")
    assert office.work() == []
    assert office.outbox.failed() == []


def test_a_reminder_comes_once_at_its_time_and_can_be_moved_or_taken_back(office: Office, database: Database) -> None:
    values = {"when": "08:30 ngày 30/11/2026", "place": "Trung tâm Phục vụ hành chính công phường Bãi Cháy"}
    tomorrow = NOON + timedelta(days=1)
    with database.session() as session:
        office.notices.remind(session, "c1", "appointment", "a1", tomorrow, values)
        office.notices.remind(session, "c1", "appointment", "a2", tomorrow, values)
    with database.session() as session:
        office.notices.remind(session, "c1", "appointment", "a1", NOON + timedelta(days=2), values)
        assert office.notices.forget(session, "c1", "appointment", "a2")
        assert not office.notices.forget(session, "c1", "appointment", "a2")
    assert [reminder.key for reminder in office.notices.reminders("c1")] == ["a1"]
    assert office.notices.waits("c1")
    office.clock.at = tomorrow + timedelta(minutes=1)
    assert office.work() == []
    office.clock.at = NOON + timedelta(days=2, minutes=1)
    (said,) = office.work()
    assert "08:30 ngày 30/11/2026" in said
    assert office.work() == []
    assert not office.notices.waits("c1")


def test_a_reminder_in_the_night_waits_for_the_morning(office: Office, database: Database) -> None:
    at = datetime(2026, 11, 25, 3, 0, tzinfo=LOCAL)
    with database.session() as session:
        office.notices.remind(session, "c1", "supplement", "s", at, {"code": "H49-261124-0001", "title": "Khai sinh"})
    office.clock.at = at + timedelta(minutes=1)
    assert office.work() == []
    office.clock.at = at.replace(hour=7)
    assert len(office.work()) == 1


def test_after_a_stop_no_reminder_comes(office: Office, database: Database) -> None:
    with database.session() as session:
        office.notices.remind(session, "c1", "payment", "p", NOON + timedelta(hours=1), {"code": "X", "title": "Y"})
    office.notices.stop("c1")
    assert not office.notices.waits("c1")
    office.passes(hours=2)
    assert office.work() == []


def test_wrong_reminders_are_refused_when_they_are_set(office: Office, database: Database) -> None:
    with database.session() as session:
        with pytest.raises(MessageError, match="No message"):
            office.notices.remind(session, "c1", "nothing", "k", NOON, {})
        with pytest.raises(MessageError, match="lacks a value"):
            office.notices.remind(session, "c1", "appointment", "k", NOON, {"when": "mai"})
        with pytest.raises(ValueError, match="time zone"):
            office.notices.remind(session, "c1", "appointment", "k", datetime(2026, 12, 1), {})


def test_nothing_is_left_after_erasing(office: Office, database: Database) -> None:
    code = office.dossier(1)
    office.notices.choose("c1", "dossier", True)
    office.notices.choose("c1", "mail", True, "lan@example.com")
    with database.session() as session:
        office.notices.remind(session, "c1", "payment", "p", NOON + timedelta(hours=1), {"code": "X", "title": "Y"})
    office.changes(code, "processing")
    office.work()
    office.notices.erase("c1")
    office.outbox.erase("c1")
    assert office.notices.choices("c1") == {}
    assert office.notices.reminders("c1") == []
    office.passes(hours=2)
    assert office.work() == []


def test_every_state_has_words_that_fit_every_channel(database: Database, tmp_path: Path) -> None:
    composer = Composer("https://dvc.example.gov.vn")
    longest = "Thủ tục " + "rất dài " * 36
    for state, facts in load_states().items():
        text = composer.dossier(
            state, code="H49.01.02-261124-0001", title=longest, due=NOON.date(), label=facts.label)
        assert "H49.01.02-261124-0001" in text
        assert len(text) <= composer.limits["chat"], state
    assert composer.silent <= set(load_states())


def test_many_changes_are_parted_into_messages_that_fit(database: Database, tmp_path: Path) -> None:
    office = office_over(database, tmp_path, quiet_hours="00:00-23:00")
    office.notices.choose("c1", "dossier", True)
    codes = [office.dossier(number) for number in range(1, 13)]
    for code in codes:
        office.changes(code, "received")
    assert office.work() == []
    office.clock.at = NOON.replace(hour=23)
    said = office.work()
    assert len(said) > 1
    assert all(len(text) <= 700 for text in said)
    assert all(sum(code in text for text in said) == 1 for code in codes)
