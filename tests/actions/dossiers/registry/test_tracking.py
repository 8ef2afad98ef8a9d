"""Code without PIN: an attacker learns nothing, guesses little, and locks nobody out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, update

from actions.companion.bundle import Dossiers, build_dossiers
from actions.dossiers.registry.attempts import FULL_TRIES, PIN_TRIES
from actions.dossiers.tables import LookupAttemptRow
from common.clock import utc_now
from common.database import Database
from common.errors import InvalidInput, ISeeError, NotFound, TooManyRequests
from common.keyring import Keyring
from common.settings import Settings
from tests.actions.dossiers.test_submission import fill

PIN, WHOLE = "1234", "022190001234"
UNKNOWN = "H49-260101-9999"


@pytest.fixture
def code(room: Dossiers) -> str:
    return room.submissions.submit(fill(room).id).code


def refused(room: Dossiers, code: str, pin: str, client: str) -> ISeeError:
    with pytest.raises((NotFound, TooManyRequests)) as caught:
        room.registry.track(code, pin, client)
    return caught.value


def later(database: Database, minutes: float) -> None:
    with database.session() as session:
        for row in session.query(LookupAttemptRow):
            row.at -= timedelta(minutes=minutes)


def age_all(database: Database, moment: timedelta) -> None:
    with database.session() as session:
        session.execute(update(LookupAttemptRow).values(at=utc_now() - moment))


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The SQL that runs, without its values."""
    ran: list[str] = []

    def note(_connection: object, _cursor: object, sql: str, *_: object) -> None:
        ran.append(sql)

    event.listen(database.engine, "before_cursor_execute", note)
    yield ran
    event.remove(database.engine, "before_cursor_execute", note)


def test_wrong_pin_and_unknown_code_get_the_same_answer_for_the_same_work(
    room: Dossiers, code: str, database: Database
) -> None:
    with statements(database) as known:
        wrong = refused(room, code, "9999", "a")
    with statements(database) as unknown:
        missing = refused(room, UNKNOWN, "9999", "b")
    assert wrong.problem() == missing.problem() and wrong.status == missing.status == 404
    assert known == unknown


def test_a_stopped_caller_learns_nothing_even_with_the_right_pin(
    room: Dossiers, code: str, database: Database
) -> None:
    for client in ("a", "b", "c"):
        for _ in range(5):
            refused(room, code if client != "c" else UNKNOWN, "9999", client)
    answers, ran = [], []
    for client, asked, pin in (("a", code, PIN), ("b", code, "9999"), ("c", UNKNOWN, PIN)):
        with statements(database) as sql:
            problem = refused(room, asked, pin, client)
        assert isinstance(problem, TooManyRequests) and 0 < problem.retry_after <= 900
        answers.append(problem.detail)
        ran.append(sql)
    assert len(set(answers)) == 1 and ran[0] == ran[1] == ran[2]
    # And the work is the same as for a wrong PIN of somebody who may try.
    with statements(database) as free:
        refused(room, code, "9999", "d")
    assert free == ran[0]


def test_a_malformed_pin_says_so_and_costs_no_try(room: Dossiers, code: str) -> None:
    for pin in ("", "12", "12a4", "12345", "１２３４"):
        for _ in range(2):
            with pytest.raises(InvalidInput, match="4 chữ số"):
                room.registry.track(code, pin, "a")
    assert room.registry.track(code, PIN, "a").status == "submitted"


def test_five_wrong_tries_stop_that_caller_for_that_dossier_only_even_after_a_restart(
    room: Dossiers, code: str, home: Settings, database: Database, keyring: Keyring
) -> None:
    other = room.submissions.submit(fill(room, "c2").id).code
    for _ in range(5):
        refused(room, code, "1111", "guesser")
    again = build_dossiers(home, database, keyring)
    assert isinstance(refused(again, code, PIN, "guesser"), TooManyRequests)
    assert again.registry.track(code, PIN, "the applicant").code == code
    assert again.registry.track(other, PIN, "guesser").code == other
    # Pressing on while stopped makes the wait no longer.
    for _ in range(10):
        refused(again, code, "1111", "guesser")
    later(database, 16)
    assert again.registry.track(code, PIN, "guesser").code == code


def test_one_caller_cannot_go_through_many_dossiers(room: Dossiers, code: str) -> None:
    for number in range(15):
        assert isinstance(refused(room, f"H49-260101-{number:04d}", PIN, "guesser"), NotFound)
    assert isinstance(refused(room, code, PIN, "guesser"), TooManyRequests)


def test_guessing_from_everywhere_locks_nobody_out_and_ends_after_thirty_pins(
    room: Dossiers, code: str, database: Database
) -> None:
    room.access.grant("mine", code, "submitted")
    for number in range(PIN_TRIES):
        assert "12 số" not in refused(room, code, f"{number + 5000}", f"bot {number}").detail
    # From here on four digits are not enough for this code, not even the right ones, and whoever guesses can't tell.
    right, wrong = refused(room, code, PIN, "bot x"), refused(room, code, "9999", "bot y")
    assert right.problem() == wrong.problem() and "12 số" in right.detail
    # Its applicant knows the whole number; the conversation that submitted it needs none; links go on working.
    assert room.registry.track(code, WHOLE, "the applicant").code == code
    assert code in room.access.held("mine")
    assert room.pages.code(room.pages.path(code).removeprefix("/dossiers/")) == code
    # A code that doesn't exist behaves in the same way.
    for number in range(PIN_TRIES):
        refused(room, UNKNOWN, "9999", f"bot {number}b")
    assert refused(room, UNKNOWN, "9999", "bot z").problem() == wrong.problem()
    # The budget comes back with time, not with a new day.
    age_all(database, timedelta(days=2))
    assert "12 số" in refused(room, code, PIN, "next day").detail
    age_all(database, timedelta(days=91))
    assert room.registry.track(code, PIN, "three months on").code == code


def test_whole_numbers_are_bounded_as_well(room: Dossiers, code: str, database: Database) -> None:
    for number in range(FULL_TRIES):
        refused(room, code, f"0221900{number:05d}", f"bot {number}")
    assert isinstance(refused(room, code, WHOLE, "bot x"), TooManyRequests)
    # Four digits still work: the bound on whole numbers is not a lock on the dossier.
    assert room.registry.track(code, PIN, "the applicant").code == code
    later(database, 25 * 60)
    assert room.registry.track(code, WHOLE, "the applicant").code == code


def test_the_attempts_tell_neither_codes_nor_callers(room: Dossiers, code: str, database: Database) -> None:
    refused(room, code, "9999", "203.0.113.7")
    with database.session(write=False) as session:
        stored = " ".join(row.key for row in session.query(LookupAttemptRow))
    assert code not in stored and "203.0.113.7" not in stored
