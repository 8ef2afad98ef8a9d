"""An appointment of a dossier: one at a time, for whoever may act on it, with a real reminder."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from actions.appointments.booking import Matter
from actions.appointments.setup import Span
from actions.companion.bundle import Dossiers
from common.clock import local_now
from common.errors import Conflict, NotFound
from tests.actions.dossiers.citizen import KHAI_SINH, Citizen
from tests.actions.dossiers.conftest import citizen, home, keyring, room

__all__ = ["citizen", "home", "keyring", "room"]
CENTRE = "06673"


@pytest.fixture
def code(room: Dossiers, citizen: Citizen) -> str:
    citizen.fills_in(KHAI_SINH)
    draft = room.drafts.active("c1")
    assert draft
    room.appointments.setup.add_template(CENTRE, range(5), Span("07:30", "11:30", 30, 2), "lan")
    return room.submissions.submit(draft.id).code


def first_free(room: Dossiers, skip: int = 1) -> datetime:
    point = room.centres.directory.point(CENTRE)
    day = room.appointments.timetable.days(point)[skip][0]
    return room.appointments.timetable.slots(point, day)[0].starts_at


def test_one_appointment_a_dossier_for_those_who_may_act_on_it(room: Dossiers, code: str) -> None:
    bookings, status = room.appointments.bookings, room.registry.status(code)
    start = first_free(room)
    with pytest.raises(NotFound):
        bookings.book("stranger", CENTRE, start, "k", Matter(dossier_code=code))
    offer = room.appointments.wording.offers(status)
    assert [(one.title, one.path) for one in offer] == [("Đặt lịch hẹn", "/appointment")]
    booked = bookings.book("c1", CENTRE, start, "k", Matter(dossier_code=code), remind=True)
    assert booked.matter.procedure_code == "1.001193" and booked.matter.title == status.procedure
    with pytest.raises(Conflict, match="đã có lịch hẹn"):
        bookings.book_linked(code, CENTRE, start + timedelta(minutes=30), "other")
    assert bookings.of_dossier(code) == bookings.get(booked.id)
    assert room.appointments.wording.offers(status)[0].title.startswith("Lịch hẹn ")
    bookings.cancel(booked.id)
    linked = bookings.book_linked(code, CENTRE, start, "other")
    assert linked.conversation_id == "c1" and linked.number != booked.number


def test_a_link_of_an_unknown_dossier_books_nothing(room: Dossiers, code: str) -> None:
    with pytest.raises(NotFound):
        room.appointments.bookings.book_linked("H49-200101-0001", CENTRE, first_free(room), "k")


def test_the_notices_remind_move_and_forget(room: Dossiers, code: str) -> None:
    bookings = room.appointments.bookings
    start = first_free(room, 3)
    booked = bookings.book("c1", CENTRE, start, "k", Matter(dossier_code=code), remind=True)
    (reminder,) = room.notices.reminders("c1")
    assert reminder.kind == "appointment" and reminder.at == start - timedelta(hours=24) > local_now()
    later = first_free(room, 4)
    bookings.move(booked.id, CENTRE, later)
    (moved,) = room.notices.reminders("c1")
    assert moved.at == later - timedelta(hours=24) and moved.values["code"] == code
    bookings.cancel(booked.id)
    assert room.notices.reminders("c1") == []
