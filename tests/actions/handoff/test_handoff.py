"""Office hours, tickets and what is said about them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from actions.answers import Turn
from actions.dossiers.registry.workdays import Workdays
from actions.handoff import OfficeHours, Tickets
from actions.handoff.desk import Desk, hours_text
from actions.handoff.opening import opening
from actions.messages import Messages
from common.clock import LOCAL
from common.database import Database
from common.errors import InvalidInput
from common.messages import Status
from tests.actions.support import services_over

WEEK = "Mon-Fri 07:30-11:30,13:30-17:00"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


@pytest.mark.parametrize(
    ("moment", "is_open", "opens"),
    [
        ("2026-11-23T08:00", True, "2026-11-23T13:30"),
        ("2026-11-23T07:29", False, "2026-11-23T07:30"),
        ("2026-11-23T11:30", False, "2026-11-23T13:30"),
        ("2026-11-23T17:00", False, "2026-11-25T07:30"),  # 24 November is a holiday
        ("2026-11-27T18:00", False, "2026-11-30T07:30"),
        ("2026-11-28T09:00", False, "2026-11-30T07:30"),
    ],
)
def test_hours(moment: str, is_open: bool, opens: str) -> None:
    state = opening(at(moment), OfficeHours.parse(WEEK), Workdays())
    assert state.is_open is is_open and (is_open or state.opens == at(opens))


def test_on_a_holiday_nobody_answers_and_the_citizen_is_told_the_next_working_day(database: Database) -> None:
    desk = Desk(services_over(database))
    ticket, _ = desk.request("c1", Turn(text="cho em gặp cán bộ"), "asked")
    said = desk.reply(ticket, at("2026-09-02T09:00"))  # Quốc khánh, a Wednesday; the day before is off, too
    assert "ngoài giờ làm việc" in said.text and "từ 07:30 ngày 03/09/2026" in said.text


def test_hours_in_words() -> None:
    said = hours_text(Messages.load(), OfficeHours.parse(f"{WEEK}; Sat 07:30-11:30"))
    assert said == "thứ Hai đến thứ Sáu, 07:30–11:30 và 13:30–17:00; thứ Bảy, 07:30–11:30"


@pytest.mark.parametrize("text", ["always", "Mon 25:00-26:00", "Mon 11:00-10:00", "Moo 07:00-08:00", "Mon 7-8"])
def test_hours_that_cannot_be_read_are_named(text: str) -> None:
    with pytest.raises(InvalidInput, match="ISEE_OFFICE_HOURS"):
        OfficeHours.parse(text)


def test_one_ticket_a_conversation_until_it_is_closed(database: Database) -> None:
    tickets = Tickets(database)
    first = tickets.open("c1", "asked", "Hỏi về khai sinh", "1.001193", {"case": "bo_roi"})
    assert re.fullmatch(r"YC-\d{6}-0001", first.number) and first.new
    again = tickets.open("c1", "asked", "Hỏi nữa")
    assert (again.number, again.new, again.need, again.facts) == (
        first.number,
        False,
        "Hỏi về khai sinh",
        {"case": "bo_roi", "also": [{"reason": "asked", "need": "Hỏi nữa"}]},
    )
    complaint = tickets.open("c1", "complaint", "Chờ cả buổi")
    assert complaint.facts["also"][1] == {"reason": "complaint", "need": "Chờ cả buổi"} and not complaint.new
    assert tickets.open("c1", "complaint", "Chờ cả buổi").facts == complaint.facts
    assert tickets.open("c2", "complaint", "Chờ lâu").number.endswith("-0002")
    tickets.take(first.number)
    assert tickets.waiting("c1").status == "taken"  # type: ignore[union-attr]
    tickets.close(first.number)
    assert tickets.waiting("c1") is None
    assert tickets.open("c1", "asked", "Lần sau").number.endswith("-0003")


def test_two_taps_at_once_open_one_ticket(database: Database) -> None:
    tickets = Tickets(database)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: tickets.open(f"c{number % 2}", "asked", "Gặp cán bộ"), range(8)))
    assert len({ticket.number for ticket in made}) == 2 and sum(ticket.new for ticket in made) == 2


def test_the_desk_tells_number_and_hours_and_no_invented_telephone(database: Database) -> None:
    desk = Desk(services_over(database))
    turn = Turn(text="cho em gặp cán bộ", procedure="1.001193", case="bo_roi")
    ticket, reply = desk.request("c1", turn, "asked", "con 3 tháng mới làm có sao không")
    assert ticket.number in reply.text and reply.status is Status.HANDED_OFF
    assert ticket.need == 'Hỏi về "Đăng ký khai sinh" (1.001193): con 3 tháng mới làm có sao không'
    assert ticket.procedure == "1.001193" and ticket.facts == {"case": "bo_roi"}
    assert all(button.phone is None for button in reply.buttons)
    closed = desk.reply(ticket, at("2026-11-28T09:00"))
    assert "từ 07:30 ngày 30/11/2026" in closed.text and "ngoài giờ làm việc" in closed.text
    opened = desk.reply(ticket, at("2026-11-23T09:00"))
    assert "đang trong giờ làm việc" in opened.text
    assert "đang chờ cán bộ" in desk.request("c1", turn, "asked")[1].text


def test_a_configured_hotline_is_offered(database: Database) -> None:
    desk = Desk(services_over(database, hotline="19001234"))
    assert desk.buttons()[0].phone == "19001234"
