"""A few typed words under buttons, or a place alone: what they stand for."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from actions.companion.pressing import Pressing
from tests.actions.appointments.test_chat import Chat
from tests.actions.centres.rooms import CENTRE, Rooms

MONDAY = date(2026, 11, 16)


def message(*buttons: tuple[str, str], **parts: Any) -> dict[str, Any]:
    return {"text": "…", "buttons": [{"title": title, "payload": payload} for title, payload in buttons], **parts}


@pytest.fixture
def pressing(rooms: Rooms) -> Pressing:
    return Pressing(rooms.centres, lambda: MONDAY)


def sent(pressing: Pressing, text: str, *shown: dict[str, Any], **more: Any) -> str:
    pressed = pressing.read(text, shown or [message()], **more)
    return (pressed.payload or pressed.words) if pressed else ""


def test_a_title_in_any_spelling_presses_its_button(pressing: Pressing) -> None:
    shown = message(("Lệ phí", "/ask_fee"), ("Nơi nộp", "/ask_place"))
    for text in ("Lệ phí", "le phi", "LỆ PHÍ ạ", "dạ cho em lệ phí"):
        assert sent(pressing, text, shown) == "/ask_fee"
    for text in ("lệ phí bao nhiêu?", "lệ phí khai sinh", "phí"):
        assert sent(pressing, text, shown) == ""


def test_yes_and_no_only_where_just_these_two_are_offered(pressing: Pressing) -> None:
    ask = message(("Đúng, hủy lịch", "/y"), ("Giữ lịch", "/k"))
    assert [sent(pressing, text, ask) for text in ("có", "dung roi", "không", "thôi")] == ["/y", "/y", "/k", "/k"]
    for other in (message(("A", "/a"), ("B", "/b")), message(("Đúng", "/y"), ("Không", "/n"), ("Khác", "/x"))):
        assert sent(pressing, "có", other) == ""


def test_a_booking_in_words(pressing: Pressing) -> None:
    days = message(("Thứ Tư, 18/11/2026 (4 chỗ)", step(f"t.{CENTRE}.20261118.0")), ("Ngày khác", step("l.0")))
    assert word(sent(pressing, "sáng thứ năm", days)) == f"t.{CENTRE}.20261119.0"
    assert word(sent(pressing, "hong gai", days)).startswith("c.")
    times = message(("07:30 (còn 2)", step(f"b.{CENTRE}.202611180730.AB12CD")))
    assert word(sent(pressing, "9h30 nhé", times)) == f"b.{CENTRE}.202611180930.AB12CD"
    own = message(("Đổi giờ AB12CD", step("m.AB12CD")), ("Hủy lịch AB12CD", step("x.AB12CD")))
    assert word(sent(pressing, "hủy đi", own)) == "x.AB12CD"
    assert sent(pressing, "phí bao nhiêu", own) == ""


def test_a_place_alone_asks_for_its_centre(pressing: Pressing) -> None:
    assert sent(pressing, "bai chay") == f'/find_centre{{"commune": "{CENTRE}"}}'
    assert "Thị trấn Cô Tô" in sent(pressing, "thi tran co to")
    # For the procedure, where the question was where to hand it in; misspelt names, too.
    place = message(answer={"aspect": "place"})
    assert sent(pressing, "nhà em ở hg gai ạ", place, procedure="1.001193") == "nộp hồ sơ ở phường Hồng Gai"
    assert CENTRE in sent(pressing, "tổ 5 khu 2 phường Bãi Cháy")
    for text in ("tôi muốn khiếu nại về thái độ cán bộ ở phường Bãi Cháy", "bao giờ có lịch cắt điện phường hồng gai",
                 "khai sinh ở bãi cháy", "dong tam", "cảm ơn em"):
        assert sent(pressing, text) == ""
    for text in ("cám ơn em", "cam on", "khai sinh", "long", "lâu thế"):
        assert sent(pressing, text, place) == "", "words that mean themselves, though a place is called much the same"


def test_who_waits_may_leave_or_be_called(pressing: Pressing) -> None:
    assert sent(pressing, "thoi quay lai noi chuyen voi may", waiting=True) == "/desk_bot"
    assert sent(pressing, "gọi điện cho tôi", waiting=True) == "/desk_callback"
    assert sent(pressing, "gọi điện cho tôi") == ""


def test_who_waits_may_ask_how_much_longer(pressing: Pressing) -> None:
    for text in ("còn lâu không???", "con lau ko e", "sao chưa ai trả lời vậy", "bao giờ có người?", "alo",
                 "chờ đến bao giờ vậy", "em đang đứng thứ mấy"):
        assert sent(pressing, text, waiting=True) == "/desk_standing"
        assert sent(pressing, text) == ""
    assert sent(pressing, "làm khai sinh bao lâu?", waiting=True) == ""


def test_short_wishes_go_on_in_words_that_are_understood(pressing: Pressing) -> None:
    assert sent(pressing, "doi lich") == "đổi lịch hẹn"
    assert sent(pressing, "toi muon rut ho so") == '/track_dossier{"act":"withdraw"}'
    assert sent(pressing, "rút hồ sơ xe máy") == ""


def test_a_day_named_at_once_leads_to_its_times(rooms: Rooms) -> None:
    rooms.opens_booking()
    chat = Chat(rooms)
    assert "Thứ Tư, ngày 18/11/2026" in chat.says("đặt lịch hẹn ở Bãi Cháy sáng 18/11")


def step(said: str) -> str:
    return f"/book_appointment{json.dumps({'appointment': said})}"


def word(payload: str) -> str:
    return str(json.loads(payload.removeprefix("/book_appointment"))["appointment"])
