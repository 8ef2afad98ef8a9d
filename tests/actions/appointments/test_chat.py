"""The action of appointments, button by button, over a real database; and texts that open it."""

from __future__ import annotations

import asyncio
import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.companion.appointments_chat import BookAppointment
from knowledge_base.loader import GUIDES_DIR, load_tree
from tests.actions.centres.rooms import CENTRE, Rooms


class Guides(dict):  # type: ignore[type-arg]
    """Published guides by code."""


GUIDES = Guides({file.guide.code: SimpleNamespace(guide=file.guide) for file in load_tree(GUIDES_DIR)})


class Held:
    codes: list[str] = []

    def held(self, conversation_id: str) -> list[str]:
        return self.codes


class Chat:
    """One conversation; `buttons` of the last replies by title."""

    def __init__(self, rooms: Rooms, conversation_id: str = "c1") -> None:
        dossiers = SimpleNamespace(centres=rooms.centres, appointments=rooms.appointments, access=Held())
        services = SimpleNamespace(settings=None, kb=GUIDES, dossiers=dossiers)
        self.action = BookAppointment(services, cards=None)  # type: ignore[arg-type]
        self.id = conversation_id
        self.slots: dict[str, Any] = {}
        self.buttons: dict[str, str] = {}

    def says(self, text: str) -> str:
        return self._run({"text": text, "intent": {"name": "book_appointment"}, "entities": []})

    def taps(self, title: str) -> str:
        """Presses the first button whose title begins with `title`."""
        payload = next(value for key, value in self.buttons.items() if key.startswith(title))
        match = re.fullmatch(r"/book_appointment(\{.*\})", payload)
        assert match, payload
        entities = [{"entity": key, "value": value} for key, value in json.loads(match[1]).items()]
        return self._run({"text": payload, "intent": {"name": "book_appointment"}, "entities": entities})

    def _run(self, message: dict[str, Any]) -> str:
        tracker = Tracker(self.id, self.slots, message, [], False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        asyncio.run(self.action.run(dispatcher, tracker, {}))
        replies = [message["custom"] for message in dispatcher.messages]
        self.buttons = {
            button["title"]: button.get("payload") or button.get("url")
            for reply in replies for button in reply.get("buttons", [])
        }
        return "\n".join(reply["text"] for reply in replies)


@pytest.fixture
def chat(rooms: Rooms) -> Chat:
    return Chat(rooms)


def test_nothing_set_up_is_said_and_leads_on(chat: Chat) -> None:
    assert "chưa có trung tâm nào mở đặt lịch" in chat.says("đặt lịch hẹn")
    assert chat.buttons["Tìm trung tâm"] == "/find_centre"


def test_from_centre_to_day_to_time_to_a_booking_and_back(chat: Chat, rooms: Rooms) -> None:
    rooms.opens_booking(capacity=1)
    assert "hẹn ở trung tâm nào" in chat.says("cho em đặt lịch hẹn")
    assert "chọn ngày" in chat.taps("Phường Bãi Cháy")
    assert next(title for title in chat.buttons if "chỗ" in title) == "Thứ Ba, 17/11/2026 (3 chỗ)"
    assert len([title for title in chat.buttons if "chỗ" in title]) == 6
    chat.taps("Xem thêm")
    assert len([title for title in chat.buttons if "chỗ" in title]) == 6
    chat.says("đặt lịch hẹn phường bãi cháy")
    assert "Thứ Tư, ngày 18/11/2026" in chat.taps("Thứ Tư, 18/11/2026")
    assert list(chat.buttons)[:2] == ["07:30 (còn 1)", "08:00 (còn 1)"]
    chat.taps("Xem thêm")
    assert next(iter(chat.buttons)) == "10:30 (còn 1)"
    booked = chat.taps("10:30")
    number = re.findall(r"lịch hẹn ([A-Z0-9]{6}):", booked)[0]
    assert "10:30 thứ Tư, ngày 18/11/2026" in booked
    assert chat.buttons["Lưu vào lịch điện thoại"].endswith("/calendar.ics")
    assert "sẽ nhắc anh/chị" in chat.taps("Nhắc tôi") and rooms.reminders.set
    assert number in chat.says("lịch hẹn của tôi mấy giờ")
    assert "đổi sang ngày nào" in chat.taps("Đổi giờ")
    chat.taps("Thứ Năm, 19/11/2026")
    assert f"đã đổi lịch hẹn {number} sang 07:30 thứ Năm" in chat.taps("07:30")
    # There is one, so which is not asked.
    assert "phải không" in chat.says("huỷ lịch hẹn giúp em")
    assert "giữ nguyên" in chat.taps("Giữ lịch")
    assert "đổi sang ngày nào" in chat.says("đổi lịch hẹn")
    chat.says("huỷ lịch hẹn")
    assert "đã hủy lịch hẹn" in chat.taps("Đúng, hủy lịch")
    assert "chưa có lịch hẹn nào" in chat.says("xem lịch hẹn của tôi") and not rooms.reminders.set


def test_a_button_pressed_twice_books_once(chat: Chat, rooms: Rooms) -> None:
    rooms.opens_booking()
    chat.says("đặt lịch hẹn Bãi Cháy")
    chat.taps("Thứ Tư")
    before = dict(chat.buttons)
    first = chat.taps("08:00")
    chat.buttons = before
    assert chat.taps("08:00") == first and len(rooms.appointments.bookings.upcoming("c1")) == 1


def test_a_time_taken_meanwhile_leads_to_other_times(chat: Chat, rooms: Rooms) -> None:
    rooms.opens_booking(capacity=1)
    other = Chat(rooms, "c2")
    for one in (chat, other):
        one.says("đặt lịch hẹn Bãi Cháy")
        one.taps("Thứ Tư")
    chat.taps("08:00")
    assert "vừa hết chỗ" in other.taps("08:00") and "07:30 (còn 1)" in other.buttons


def test_a_place_without_booking_is_said(chat: Chat, rooms: Rooms) -> None:
    rooms.opens_booking()
    assert "phường Hà Tu chưa mở đặt lịch" in chat.says("đặt lịch ở phường Hà Tu")
    assert "Phường Bãi Cháy" in chat.buttons


def test_a_former_name_of_several_units_is_asked_back(chat: Chat, rooms: Rooms) -> None:
    rooms.opens_booking()
    rooms.opens_booking(point="06652")
    assert "nay thuộc nhiều đơn vị" in chat.says("đặt lịch hẹn ở thành phố Hạ Long")
    assert set(chat.buttons) == {"Phường Bãi Cháy", "Phường Hà Tu"}


def test_what_no_centre_takes_is_not_booked(chat: Chat, rooms: Rooms) -> None:
    rooms.opens_booking()
    chat.slots = {"procedure": "1.001193"}
    assert "chọn ngày" in chat.says("đặt lịch hẹn Bãi Cháy")
    elsewhere = next(code for code, found in GUIDES.items() if found.guide.places == ["Công an tỉnh"] or (
        found.guide.places and all("ông an" in place for place in found.guide.places)))
    chat.slots = {"procedure": elsewhere}
    assert "không nộp tại Trung tâm" in chat.says("đặt lịch hẹn Bãi Cháy")


@pytest.mark.parametrize("word", ["", "zzz", "c", "c.99999", "d.", "t.06673", "t.06673.20261301.0", "b.06673.x",
                                  "b.06673.202611180731", "m.ZZZZZZ", "y.", "l.9999999", "l.-1", "d.06673.abc", "...."])
def test_no_word_of_a_button_breaks_it(chat: Chat, rooms: Rooms, word: str) -> None:
    rooms.opens_booking()
    chat.buttons = {"x": f'/book_appointment{json.dumps({"appointment": word})}'}
    assert chat.taps("x").strip()


def test_the_matter_is_the_procedure_under_discussion(chat: Chat, rooms: Rooms) -> None:
    rooms.opens_booking()
    chat.slots = {"procedure": "1.001193"}
    chat.says("đặt lịch hẹn Bãi Cháy")
    chat.taps("Thứ Tư")
    assert "Việc cần làm: " in chat.taps("09:00")
    (one,) = rooms.appointments.bookings.upcoming("c1")
    assert one.matter.procedure_code == "1.001193" and one.point_id == CENTRE
