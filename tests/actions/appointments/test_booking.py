"""Seats: booked once, moved, cancelled, never doubled, whoever asks at the same time."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from actions.appointments.booking import Matter
from actions.appointments.contact import read_contact
from actions.appointments.setup import Span
from actions.appointments.tables import AppointmentRow
from bot.migrations import migrate
from common.clock import LOCAL
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound
from common.settings import Settings
from tests.actions.centres.rooms import CENTRE, TUESDAY, Rooms, build_rooms
from tests.postgres import database_url

WEDNESDAY_8 = datetime(2026, 11, 18, 8, 0, tzinfo=LOCAL)


def test_no_template_no_booking(rooms: Rooms) -> None:
    point = rooms.centres.directory.point(CENTRE)
    assert rooms.appointments.timetable.offering() == [] and rooms.appointments.timetable.days(point) == []
    with pytest.raises(Conflict, match="chưa mở đặt lịch hẹn"):
        rooms.appointments.bookings.book("c1", CENTRE, WEDNESDAY_8, "k")


def test_slots_follow_template_calendar_and_clock(rooms: Rooms) -> None:
    rooms.opens_booking()
    table, point = rooms.appointments.timetable, rooms.centres.directory.point(CENTRE)
    today = table.slots(point, TUESDAY.date())
    # At nine o'clock with an hour's lead, the first slot is at ten.
    assert [f"{slot.starts_at:%H:%M}" for slot in today] == ["10:00", "10:30", "11:00"]
    days = table.days(point)
    assert days[0] == (TUESDAY.date(), 6) and days[1] == (WEDNESDAY_8.date(), 16)
    assert all(day.weekday() < 5 for day, _ in days)
    rooms.changes[WEDNESDAY_8.date()] = False
    assert WEDNESDAY_8.date() not in dict(table.days(point))
    assert table.slots(point, TUESDAY.date() + timedelta(days=60)) == []


def test_an_exception_takes_the_templates_place(rooms: Rooms) -> None:
    rooms.opens_booking()
    setup, point = rooms.appointments.setup, rooms.centres.directory.point(CENTRE)
    saturday = TUESDAY.date() + timedelta(days=4)
    setup.add_exception(CENTRE, saturday, Span("08:00", "09:00", 20, 1), "làm bù", "lan")
    assert setup.add_exception(CENTRE, WEDNESDAY_8.date(), None, "họp", "lan") == 0
    days = dict(rooms.appointments.timetable.days(point))
    assert days[saturday] == 3 and WEDNESDAY_8.date() not in days
    setup.remove_exception(CENTRE, setup.exceptions(CENTRE)[0].id)
    assert WEDNESDAY_8.date() in dict(rooms.appointments.timetable.days(point))


def test_booked_moved_cancelled(rooms: Rooms) -> None:
    rooms.opens_booking(capacity=1)
    bookings, point = rooms.appointments.bookings, rooms.centres.directory.point(CENTRE)
    booked = bookings.book("c1", CENTRE, WEDNESDAY_8, "k", Matter(title="Chứng thực bản sao"), remind=True)
    assert booked.state == "booked" and booked.starts_at == WEDNESDAY_8 and len(booked.number) == 6
    assert rooms.reminders.set["c1", booked.id][0] == WEDNESDAY_8 - timedelta(hours=2)
    with pytest.raises(Conflict, match="vừa hết chỗ"):
        bookings.book("c2", CENTRE, WEDNESDAY_8, "k")
    later = WEDNESDAY_8 + timedelta(days=1, minutes=30)
    moved = bookings.move(booked.id, CENTRE, later)
    assert moved.number == booked.number and moved.sequence == 1 and moved.starts_at == later
    assert rooms.reminders.set["c1", booked.id][0] == later - timedelta(hours=24)
    other = bookings.book("c2", CENTRE, WEDNESDAY_8, "k")
    with pytest.raises(Conflict, match="vừa hết chỗ"):
        bookings.move(moved.id, CENTRE, WEDNESDAY_8)
    assert bookings.get(moved.id).starts_at == later
    assert bookings.cancel(other.id).state == bookings.cancel(other.id).state == "cancelled"
    assert WEDNESDAY_8 in [slot.starts_at for slot in rooms.appointments.timetable.slots(point, WEDNESDAY_8.date())]
    assert bookings.cancel(moved.id).sequence == 2 and not rooms.reminders.set
    with pytest.raises(Conflict, match="không đổi được"):
        bookings.move(moved.id, CENTRE, WEDNESDAY_8)


def test_a_repeated_request_books_once(rooms: Rooms) -> None:
    rooms.opens_booking(capacity=5)
    bookings = rooms.appointments.bookings
    first = bookings.book("c1", CENTRE, WEDNESDAY_8, "form-1")
    assert bookings.book("c1", CENTRE, WEDNESDAY_8, "form-1").id == first.id
    assert bookings.book("c1", CENTRE, WEDNESDAY_8 + timedelta(minutes=30), "form-1").starts_at == WEDNESDAY_8
    assert bookings.book("c2", CENTRE, WEDNESDAY_8, "form-1").id != first.id
    bookings.cancel(first.id)
    assert bookings.book("c1", CENTRE, WEDNESDAY_8, "form-1").id != first.id


def test_one_conversation_holds_three_at_most(rooms: Rooms) -> None:
    rooms.opens_booking(capacity=5)
    bookings = rooms.appointments.bookings
    for step in range(3):
        bookings.book("c1", CENTRE, WEDNESDAY_8 + timedelta(minutes=30 * step), str(step))
    with pytest.raises(Conflict, match="3 lịch hẹn"):
        bookings.book("c1", CENTRE, WEDNESDAY_8 + timedelta(hours=2), "4")
    bookings.erase("c1")
    assert bookings.upcoming("c1") == []
    bookings.book("c1", CENTRE, WEDNESDAY_8 + timedelta(hours=2), "5")


def test_another_conversations_appointment_looks_like_none(rooms: Rooms) -> None:
    rooms.opens_booking()
    booked = rooms.appointments.bookings.book("c1", CENTRE, WEDNESDAY_8, "k")
    with pytest.raises(NotFound):
        rooms.appointments.bookings.numbered("c2", booked.number)
    with pytest.raises(NotFound):
        rooms.appointments.bookings.book("c2", CENTRE, WEDNESDAY_8, "k", Matter(dossier_code="H49-261124-0001"))


@pytest.mark.parametrize("shift", [timedelta(minutes=7), timedelta(hours=9), timedelta(days=3), timedelta(days=-2)])
def test_a_time_that_is_no_slot(rooms: Rooms, shift: timedelta) -> None:
    rooms.opens_booking()
    with pytest.raises(Conflict, match="không còn trong lịch"):
        rooms.appointments.bookings.book("c1", CENTRE, WEDNESDAY_8 + shift, "k")


def test_name_and_phone_need_consent_and_are_sealed(rooms: Rooms) -> None:
    texts = rooms.appointments.texts
    assert read_contact(texts, " ", "", False) is None
    with pytest.raises(InvalidInput, match="đánh dấu đồng ý"):
        read_contact(texts, "Vũ Thị Hạnh", "", False)
    with pytest.raises(InvalidInput, match="Số điện thoại"):
        read_contact(texts, "", "12345", True)
    with pytest.raises(InvalidInput, match="Họ tên"):
        read_contact(texts, "1", "", True)
    contact = read_contact(texts, "Vũ Thị Hạnh", "+84 912 345 678", True)
    rooms.opens_booking()
    booked = rooms.appointments.bookings.book("c1", CENTRE, WEDNESDAY_8, "k", contact=contact)
    with rooms.database.session(write=False) as session:
        row = session.get(AppointmentRow, booked.id)
        assert row and row.sealed and b"0912345678" not in row.sealed and row.consent_version == "lich-hen-1"
    (entry,) = rooms.appointments.setup.day(CENTRE, WEDNESDAY_8.date())
    assert (entry.name, entry.phone) == ("Vũ Thị Hạnh", "0912345678")


def test_who_came_and_who_did_not(rooms: Rooms) -> None:
    rooms.opens_booking()
    booked = rooms.appointments.bookings.book("c1", CENTRE, WEDNESDAY_8, "k")
    setup = rooms.appointments.setup
    with pytest.raises(Conflict, match="hôm nay hoặc những ngày đã qua"):
        setup.mark(CENTRE, booked.number, "served", "lan")
    rooms.clock.forward(days=1)
    setup.mark(CENTRE, booked.number, "no_show", "lan")
    (entry,) = setup.day(CENTRE, WEDNESDAY_8.date())
    assert (entry.appointment.state, entry.marked_by) == ("no_show", "lan")
    with pytest.raises(Conflict):
        setup.mark(CENTRE, booked.number, "cancelled", "lan")
    with pytest.raises(NotFound):
        setup.mark("06652", booked.number, "served", "lan")


@pytest.mark.parametrize("span", [
    Span("11:30", "07:30", 30, 1), Span("07:30", "07:50", 30, 1), Span("7h", "11:30", 30, 1),
    Span("07:30", "11:30", 0, 1), Span("07:30", "11:30", 30, 0), Span("07:30", "11:30", 30, 500),
])
def test_a_wrong_span_is_refused(rooms: Rooms, span: Span) -> None:
    with pytest.raises(InvalidInput, match="Giờ chưa đúng"):
        rooms.appointments.setup.add_template(CENTRE, [0], span, "lan")


def test_spans_of_a_day_do_not_overlap(rooms: Rooms) -> None:
    rooms.opens_booking()
    setup = rooms.appointments.setup
    setup.add_template(CENTRE, [0], Span("13:30", "16:30", 15, 1), "lan")
    with pytest.raises(InvalidInput, match="trùng"):
        setup.add_template(CENTRE, [0], Span("11:00", "13:00", 15, 1), "lan")
    assert len(setup.templates(CENTRE)) == 6


@pytest.fixture(params=["sqlite", "postgres"])
def crowded(request: pytest.FixtureRequest, tmp_path: Path):  # type: ignore[no-untyped-def]
    settings = Settings(home=tmp_path, database_url=database_url(request.param, tmp_path), _env_file=None)
    database = Database.from_settings(settings)
    migrate(database)
    yield build_rooms(settings, database)
    database.dispose()


def test_two_hundred_at_once_never_share_a_seat(crowded: Rooms) -> None:
    """40 threads, 200 citizens, 8 slots of 7 seats: 56 get one each, 144 hear that it is full."""
    crowded.opens_booking(capacity=7)
    bookings = crowded.appointments.bookings
    starts = [WEDNESDAY_8 - timedelta(minutes=30) + timedelta(minutes=30 * step) for step in range(8)]
    outcomes: list[object] = []
    waiting = list(range(200))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                if not waiting:
                    return
                number = waiting.pop()
            try:
                done: object = bookings.book(f"c{number}", CENTRE, starts[number % 8], "k")
            except Conflict:
                done = None
            except Exception as error:
                done = error
            with lock:
                outcomes.append(done)

    threads = [threading.Thread(target=work) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert len(outcomes) == 200 and outcomes.count(None) == 200 - 56
    with crowded.database.session(write=False) as session:
        rows = session.scalars(select(AppointmentRow)).all()
    seats = Counter((row.starts_at, row.seat) for row in rows)
    assert len(seats) == len(rows) == 56 and max(seats.values()) == 1
    assert all(row.seat is not None and 0 <= row.seat < 7 for row in rows)


def test_moves_and_bookings_at_once_never_share_a_seat(crowded: Rooms) -> None:
    crowded.opens_booking(capacity=1)
    bookings = crowded.appointments.bookings
    goal = WEDNESDAY_8 + timedelta(hours=2)
    held = [bookings.book(f"m{n}", CENTRE, WEDNESDAY_8 + timedelta(days=1, minutes=30 * n), "k") for n in range(6)]
    results: list[bool] = []

    def attempt(act) -> None:  # type: ignore[no-untyped-def]
        try:
            act()
            results.append(True)
        except Conflict:
            results.append(False)

    acts = [lambda one=one: bookings.move(one.id, CENTRE, goal) for one in held]
    acts += [lambda n=n: bookings.book(f"n{n}", CENTRE, goal, "k") for n in range(6)]
    threads = [threading.Thread(target=attempt, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results.count(True) == 1 and results.count(False) == 11


def test_staff_call_off_one_or_the_rest_of_a_day(rooms: Rooms) -> None:
    rooms.opens_booking()
    bookings, off = rooms.appointments.bookings, rooms.appointments.calling_off
    held = [bookings.book(who, CENTRE, WEDNESDAY_8 + timedelta(minutes=30 * i), "k", remind=True)
            for i, who in enumerate(("c1", "c2", "silent"))]
    day = WEDNESDAY_8.date()
    with pytest.raises(InvalidInput, match="lý do"):
        off.call_off(CENTRE, day, " ", "lan", held[0].number)
    done = off.call_off(CENTRE, day, "Mất điện, gọi 0912345678", "lan", held[0].number)
    assert done.numbers == (held[0].number,) and bookings.get(held[0].id).state == "cancelled"
    at, values = rooms.reminders.set["c1", held[0].id]
    assert at == rooms.clock() and values["number"] == held[0].number and "0912345678" not in values["reason"]
    assert bookings.book("c3", CENTRE, WEDNESDAY_8, "k").state == "booked", "the seat is free again"
    rest = off.call_off(CENTRE, day, "Hội trường ngập nước", "lan")
    assert set(rest.numbers) >= {held[1].number, held[2].number} and rest.unreached == (held[2].number,)
    assert rooms.appointments.setup.day(CENTRE, day) == []
    with pytest.raises(Conflict):
        off.call_off(CENTRE, day, "Hội trường ngập nước", "lan")
