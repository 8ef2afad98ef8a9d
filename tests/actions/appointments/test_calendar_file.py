"""The calendar file as a calendar reads it."""

from __future__ import annotations

from datetime import datetime, timedelta

from icalendar import Calendar

from common.clock import LOCAL
from tests.actions.centres.rooms import CENTRE, Rooms

START = datetime(2026, 11, 18, 8, 0, tzinfo=LOCAL)


def read(content: bytes):  # type: ignore[no-untyped-def]
    calendar = Calendar.from_ical(content)
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def test_moved_and_cancelled_stay_one_entry(rooms: Rooms) -> None:
    rooms.opens_booking()
    bookings, wording = rooms.appointments.bookings, rooms.appointments.wording
    booked = bookings.book("c1", CENTRE, START, "k")
    calendar, event = read(wording.file(booked))
    assert calendar["METHOD"] == "PUBLISH" and event["STATUS"] == "CONFIRMED" and event["SEQUENCE"] == 0
    assert event["DTSTART"].dt == START and event["DTEND"].dt == START + timedelta(minutes=30)
    assert "Asia/Ho_Chi_Minh" in [zone["TZID"] for zone in calendar.walk("VTIMEZONE")]
    assert event["DTSTART"].params["TZID"] == "Asia/Ho_Chi_Minh"
    assert event.walk("VALARM") and "phường Bãi Cháy" in event["SUMMARY"]
    uid = event["UID"]
    _, moved = read(wording.file(bookings.move(booked.id, CENTRE, START + timedelta(days=1))))
    assert moved["UID"] == uid and moved["SEQUENCE"] == 1
    calendar, gone = read(wording.file(bookings.cancel(booked.id)))
    assert calendar["METHOD"] == gone["STATUS"].replace("LED", "") == "CANCEL"
    assert gone["UID"] == uid and gone["SEQUENCE"] == 2 and not gone.walk("VALARM")


def test_lines_are_folded_and_end_as_the_standard_says(rooms: Rooms) -> None:
    rooms.opens_booking()
    content = rooms.appointments.wording.file(rooms.appointments.bookings.book("c1", CENTRE, START, "k"))
    lines = content.split(b"\r\n")
    assert lines[-1] == b"" and all(len(line) <= 75 for line in lines) and b"\n" not in content.replace(b"\r\n", b"")
