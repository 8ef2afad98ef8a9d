"""Notices, reminders, next steps and one's own data in the conversation: the real actions on a real database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from actions.companion.bundle import Dossiers, build_dossiers
from actions.companion.dialogue import build_actions
from actions.notices.choices import PURPOSES
from bot.gateway.capturing import Captures
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings
from tests.actions.dossiers.citizen import _OUTSIDE, KHAI_SINH, Citizen
from tests.actions.support import shelf_of, shipped_guides
from tests.postgres import instead_of_sqlite

_ROUTES = {
    "set_notices": "action_set_notices", "remind_me": "action_remind_me", "next_steps": "action_next_steps",
    "my_data": "action_my_data",
}


class Caller(Citizen):
    """A citizen whose words reach every part that may wait for a value, as in the gateway."""

    def says(self, intent: str, text: str) -> str:
        """Free text that the dialogue engine took for `intent`."""
        self.heard = []
        self._run(_ROUTES[intent], {"intent": {"name": intent, "confidence": 0.9}, "entities": [], "text": text})
        return self.said

    def types(self, text: str) -> str:
        captured = Captures(self.room.intake, self.room.notices.questions).capture(self.id, text=text)
        assert captured is not None, f"{text!r} was not captured"
        self.transcripts.append(captured.transcript)
        return self.sends(captured.intent_message)

    @property
    def titles(self) -> list[str]:
        return [button["title"] for reply in self.heard for button in reply.get("buttons", [])]


@pytest.fixture
def room(database: Database, tmp_path: Path) -> Dossiers:
    settings = Settings(home=tmp_path, database_url=database.url, _env_file=None)
    return build_dossiers(settings, database, Keyring(b"n" * 32))


@pytest.fixture
def caller(room: Dossiers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Caller]:
    for intent, action in _ROUTES.items():
        monkeypatch.setitem(_OUTSIDE, intent, action)
    services = SimpleNamespace(
        settings=Settings(home=tmp_path, _env_file=None), kb=shelf_of(*shipped_guides()), dossiers=room)
    yield Caller(room, build_actions(services))


def submits(caller: Caller) -> str:
    caller.fills_in(KHAI_SINH)
    said = caller.taps("Nộp hồ sơ")
    found = re.search(r"H49-\d{6}-\d{4}", said)
    assert found
    return found[0]


def test_after_a_submission_comes_what_follows_and_one_question(caller: Caller, room: Dossiers) -> None:
    code = submits(caller)
    assert "thường trú" in caller.said
    assert "Anh/chị có muốn em báo" in caller.said
    assert code in caller.heard[-1]["text"]
    caller.taps("Báo cho tôi")
    choice = room.notices.choices("c1")["dossier"]
    assert choice.given
    assert choice.text_version == "2026-11"
    assert "Đừng nhắn nữa" in caller.titles


def test_the_question_is_asked_once(caller: Caller) -> None:
    submits(caller)
    caller.taps("Không cần")
    submits(caller)
    assert "có muốn em báo" not in caller.said


@pytest.mark.parametrize("text", ["đừng nhắn nữa", "thoi khoi bao nua", "tắt thông báo đi em", "k muốn nhận tin nữa"])
def test_stopping_takes_one_sentence(caller: Caller, room: Dossiers, text: str) -> None:
    room.notices.choose("c1", "dossier", True)
    caller.says("set_notices", text)
    assert not any(choice.given for choice in room.notices.choices("c1").values())
    assert set(room.notices.choices("c1")) == set(PURPOSES)


@pytest.mark.parametrize("text", ["có gì thì báo cho tôi", "bat thong bao", "nhan cho chi khi xong nhe"])
def test_starting_does_too(caller: Caller, room: Dossiers, text: str) -> None:
    caller.says("set_notices", text)
    assert room.notices.choices("c1")["dossier"].given


def test_a_passport_reminder_is_set_after_consent_and_its_date_is_never_said(
    caller: Caller, room: Dossiers, database: Database
) -> None:
    said = caller.says("remind_me", "nhắc tôi khi hộ chiếu hết hạn")
    assert "49/2019/QH14" in said
    assert room.notices.reminders("c1") == []
    caller.taps("Đồng ý")
    said = caller.types("ngày 5 tháng 3 năm 2031")
    assert "01/2031" in said
    (reminder,) = room.notices.reminders("c1")
    assert reminder.values["given"] == "2031-03-05"
    assert room.notices.choices("c1")["reminder"].given
    heard = " ".join([*caller.transcripts, *caller.seen_by_engine, said])
    assert "2031-03-05" not in heard and "05/03/2031" not in heard and "tháng 3" not in heard
    if not instead_of_sqlite():
        assert b"2031-03-05" not in Path(database.url.removeprefix("sqlite:///")).read_bytes()


def test_an_identity_card_is_reminded_of_by_age(caller: Caller, room: Dossiers) -> None:
    caller.says("remind_me", "nhac e doi can cuoc dung han")
    caller.taps("Đồng ý, theo ngày sinh")
    caller.types("05/03/2008")
    (reminder,) = room.notices.reminders("c1")
    assert reminder.values["due"] == "2033-03-05"


@pytest.mark.parametrize(("by", "date", "words"), [
    ("Đồng ý, theo ngày hết hạn", "01/02/2020", "đã đến hạn"),
    ("Đồng ý, theo ngày sinh", "01/02/1950", "không còn mốc"),
    ("Đồng ý, theo ngày hết hạn", "31/02/2030", "chưa đọc được"),
    ("Đồng ý, theo ngày hết hạn", "01/01/2099", "xa quá"),
    ("Đồng ý, theo ngày sinh", "5.3.2039", "chưa đọc được"),
])
def test_dates_that_lead_nowhere_are_explained(
    caller: Caller, room: Dossiers, by: str, date: str, words: str
) -> None:
    caller.says("remind_me", "nhắc hạn căn cước")
    caller.taps(by)
    assert words in caller.types(date)
    assert room.notices.reminders("c1") == []


def test_a_question_instead_of_the_date_is_left_to_the_dialogue(caller: Caller, room: Dossiers) -> None:
    caller.says("remind_me", "nhắc hạn hộ chiếu")
    caller.taps("Đồng ý")
    assert room.notices.questions.capture("c1", "lệ phí bao nhiêu vậy em") is None
    assert room.notices.questions.capture("c1", "làm cho 2 đứa thì cần gì") is None
    assert room.notices.questions.capture("c1", "12/12/2030") is not None


def test_reminders_are_listed_and_taken_back(caller: Caller, room: Dossiers) -> None:
    assert "không giữ lời nhắc nào" in caller.says("remind_me", "em đang nhắc tôi những gì")
    caller.says("remind_me", "nhắc hạn bằng lái")
    caller.taps("Đồng ý")
    caller.types("24/11/2032")
    assert "giấy phép lái xe" in caller.says("remind_me", "xem các lời nhắc đã đặt")
    caller.says("remind_me", "hủy nhắc bằng lái")
    caller.taps("Bỏ: giấy phép lái xe")
    assert room.notices.reminders("c1") == []


def test_refusing_keeps_nothing(caller: Caller, room: Dossiers) -> None:
    caller.says("remind_me", "nhắc hạn đăng kiểm xe")
    caller.taps("Không đồng ý")
    assert room.notices.questions.asked("c1") is None
    assert room.notices.choices("c1") == {}


@pytest.mark.parametrize(("text", "paper"), [
    ("nhắc khi cccd hết hạn", "căn cước"), ("han passport", "hộ chiếu"), ("gia hạn tạm trú", "tạm trú"),
    ("gplx sắp hết hạn nhắc nhé", "lái xe"), ("giấy vsattp của quán", "an toàn thực phẩm"),
])
def test_papers_are_known_by_their_everyday_names(caller: Caller, text: str, paper: str) -> None:
    assert paper in caller.says("remind_me", text)
    assert "Không đồng ý" in caller.titles


def test_what_comes_next_is_asked_of_the_procedure_talked_about(caller: Caller) -> None:
    assert "thủ tục nào" in caller.says("next_steps", "làm xong rồi làm gì tiếp")
    caller.slots["procedure"] = "1.000656"
    said = caller.says("next_steps", "làm xong rồi làm gì tiếp")
    assert "mai táng" in said
    assert "người đã mất" in said


def test_my_data_tells_what_there_is_and_leads_to_the_page(caller: Caller) -> None:
    said = caller.says("my_data", "anh đang lưu gì về tôi")
    assert "Hồ sơ đã nộp: không có" in said
    assert any("/rights/" in button.get("url", "") for reply in caller.heard for button in reply["buttons"])
    submits(caller)
    assert "Hồ sơ đã nộp: 1 mục" in caller.says("my_data", "cho tôi xem dữ liệu của mình")


def test_erasing_says_what_stays_is_confirmed_and_happens_after_the_turn(caller: Caller, room: Dossiers) -> None:
    code = submits(caller)
    said = caller.says("my_data", "xóa dữ liệu của tôi")
    assert code in said
    assert "lưu trữ" in said
    erased: list[str] = []
    room.rights.erase_by(erased.append)
    caller.taps("Xóa ngay")
    assert code in caller.said
    assert erased == []
    (request,) = room.rights.log.of("c1")
    assert (request.kind, request.state) == ("erase", "open")


def test_withdrawing_stops_at_once_and_reaches_an_officer_for_what_was_submitted(
    caller: Caller, room: Dossiers
) -> None:
    code = submits(caller)
    caller.taps("Báo cho tôi")
    caller.says("my_data", "tôi không đồng ý cho lưu thông tin nữa")
    caller.taps("Rút lại đồng ý ngay")
    assert code in caller.said
    assert not any(choice.given for choice in room.notices.choices("c1").values())
    (request,) = room.rights.log.of("c1")
    assert (request.kind, request.state, request.body["dossiers"]) == ("withdraw", "open", [code])
