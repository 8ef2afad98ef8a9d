"""The conversation about cases: every guide walked by its buttons, typed answers, coming back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from actions.answers import Outcome
from actions.checklists import CaseTalk, ChecklistService
from actions.checklists.reading import NONE, UNSURE, read_choice
from common.messages import Reply, public
from knowledge_base.model import Guide, Origin, Published
from tests.actions.checklists.conftest import BIRTH, DEATH
from tests.actions.guide import guide
from tests.actions.support import shipped_guides

Make = Callable[..., Published]


def sent(button: Any) -> str:
    return str(json.loads(button.payload.removeprefix("/choose_case"))["case"])


def only(outcome: Outcome | None) -> Reply:
    assert outcome is not None
    [reply] = outcome.replies
    return reply


def press(talk: CaseTalk, published: Published, reply: Reply, title: str) -> Reply:
    button = next(button for button in reply.buttons if button.title == title)
    return only(talk.chosen("c1", published, sent(button)))


@pytest.mark.parametrize("found", shipped_guides(), ids=lambda found: found.code)
@pytest.mark.parametrize("which", [0, -1, -2])
def test_every_guide_leads_to_its_list_by_buttons(found: Guide, which: int, talk: CaseTalk) -> None:
    """The first choice each time, "not sure" each time, and the one before it (often "none of these")."""
    published = Published(guide=found, origin=Origin.CURATED, version=1)
    reply = only(talk.start("c1", published))
    turns = 0
    while reply.form:
        turns += 1
        assert turns < 40, "the questions never end"
        assert 2 <= len(reply.buttons) <= 5
        titles = [button.title for button in reply.buttons]
        assert len(set(titles)) == len(titles)
        choices = [button for button in reply.buttons if not sent(button).startswith("more.")]
        reply = only(talk.chosen("c1", published, sent(choices[which])))
    assert reply.answer and reply.answer.checklist
    assert reply.answer.procedure.code == found.code
    assert reply.answer.fields["fee"] and reply.answer.fields["time"]
    assert reply.buttons[0].url and reply.buttons[0].url.startswith("http://isee.test/checklists/")
    assert public(reply)


def test_a_birth_step_by_step(talk: CaseTalk, published: Make) -> None:
    birth = published()
    reply = only(talk.start("c1", birth))
    assert "em hỏi 4 câu ngắn" in reply.text and "Cha mẹ bé đã đăng ký kết hôn chưa ạ?" in reply.text
    assert reply.form == {"title": "Danh sách giấy tờ", "step": 1, "total": 4}
    reply = press(talk, birth, reply, "Cha mẹ đã đăng ký kết hôn")
    assert reply.text.startswith("Bé có giấy chứng sinh không ạ?")
    reply = press(talk, birth, reply, "Không có giấy chứng sinh")
    reply = press(talk, birth, reply, "Không")
    reply = press(talk, birth, reply, "Tự đi làm")
    assert reply.text.startswith("Dạ, đây là danh sách giấy tờ")
    assert "người làm chứng" in reply.text and "ủy quyền" not in reply.text
    assert [button.title for button in reply.buttons] == [
        "Mở danh sách để đánh dấu, in", "Lập hồ sơ", "Điền thử cho quen", "Chọn lại trường hợp",
    ]  # fmt: skip
    assert all("when" not in document for document in reply.answer.fields["documents"])


def test_what_is_not_known_stays_under_its_condition(talk: CaseTalk, published: Make) -> None:
    birth = published()
    reply = only(talk.start("c1", birth))
    for _ in range(4):
        reply = press(talk, birth, reply, "Không rõ")
    assert "Nếu nhờ người khác đi làm:" in reply.text and "Câu anh/chị chưa rõ" in reply.text
    assert {case["id"] for case in reply.answer.fields["cases"]} == {case.id for case in birth.guide.cases}


def test_several_cases_are_taken_one_by_one(talk: CaseTalk, service: ChecklistService, published: Make) -> None:
    maternity = published("1.014166")
    reply = press(talk, maternity, only(talk.start("c1", maternity)), "Đang đi làm")
    reply = press(talk, maternity, reply, "Xem thêm lựa chọn")
    assert "Mang thai hộ" not in reply.text.splitlines()[0]
    reply = press(talk, maternity, reply, "Giấy tờ nước ngoài cấp")
    assert "Em đã ghi: giấy tờ nước ngoài cấp" in reply.text
    assert "Không rõ" not in [button.title for button in reply.buttons]
    reply = press(talk, maternity, reply, "Nghỉ dưỡng thai")
    assert "nghỉ dưỡng thai; giấy tờ nước ngoài cấp" in reply.text
    reply = only(talk.typed("c1", maternity, "không còn trường hợp nào", [public(reply)]))
    assert reply.answer
    [kept] = service.of("c1")
    assert {case for case, state in kept.answers.items() if state == "yes"} == {
        "dang_di_lam", "duong_thai", "giay_to_nuoc_ngoai",
    }  # fmt: skip


def test_typed_answers(talk: CaseTalk, service: ChecklistService, published: Make) -> None:
    birth = published()
    reply = only(talk.start("c1", birth))
    for said in ("bố mẹ cháu đăng ký kết hôn rồi ạ", "có giấy chứng sinh ạ", "ko", "nho nguoi khac"):
        reply = only(talk.typed("c1", birth, said, [public(reply)]))
    assert reply.answer
    [kept] = service.of("c1")
    assert [case for case, state in kept.answers.items() if state == "yes"] == ["cha_me_da_ket_hon", "uy_quyen"]


def test_a_bare_yes_that_fits_nothing_asks_again_and_a_question_is_none(talk: CaseTalk, published: Make) -> None:
    birth = published()
    reply = only(talk.start("c1", birth))
    again = only(talk.typed("c1", birth, "vâng", [public(reply)]))
    assert again.text.startswith("Dạ, em chưa rõ ý anh/chị.") and again.buttons == reply.buttons
    assert talk.typed("c1", birth, "thế mất bao nhiêu tiền", [public(reply)]) is None
    assert talk.typed("c1", published(DEATH), "không rõ", [public(reply)]) is None
    assert talk.typed("c1", birth, "không rõ", []) is None


def test_coming_back_shows_the_list_and_answers_can_be_changed(talk: CaseTalk, published: Make) -> None:
    birth = published()
    reply = only(talk.start("c1", birth))
    for _ in range(4):
        reply = press(talk, birth, reply, "Không rõ")
    assert only(talk.start("c1", birth)).answer
    first = press(talk, birth, reply, "Chọn lại trường hợp")
    assert first.form and "em hỏi 4 câu ngắn" in first.text
    # A button of a question long answered, pressed again, changes that answer.
    assert only(talk.chosen("c1", birth, "other.3")).form


def test_buttons_of_others_are_left_to_them(talk: CaseTalk, published: Make) -> None:
    birth = published()
    assert talk.chosen("c1", birth, "uy_quyen") is None
    talk.start("c1", birth)
    assert talk.chosen("c1", birth, "uy_quyen") is None  # not what the open question offers
    assert talk.chosen("c1", birth, "other.9") is None
    assert talk.chosen("c1", birth, "other.x") is None
    assert only(talk.chosen("c1", birth, "more.0.x")).form
    # A case always applies here, so "none" can't be said.
    assert "cần chọn một trường hợp" in only(talk.chosen("c1", birth, "other.0")).text


def test_mine_lists_what_there_is(talk: CaseTalk, service: ChecklistService, published: Make) -> None:
    class Shelf:
        def get(self, code: str) -> Published | None:
            return published(code) if code != DEATH else None

    assert talk.mine("c1", Shelf()) is None
    service.create("c1", published(), ["bo_roi"], [])
    service.create("c1", published(DEATH), ["dung_han"], [])
    reply = talk.mine("c1", Shelf())
    assert reply and len(reply.buttons) == 1 and "còn " in reply.buttons[0].title


def test_a_catalogue_entry_has_no_list(talk: CaseTalk) -> None:
    bare = Published(guide=guide(cases=None, documents=[], fee=[], time=[]), origin=Origin.CATALOGUE, version=1)
    assert "chưa lập được danh sách" in only(talk.start("c1", bare)).text


LABELS = ["Không có giấy chứng sinh", "Có giấy chứng sinh"]
WAYS = ["Nhờ một người nộp thay", "Thuê công ty dịch vụ nộp", "Nhờ bưu chính công ích", "Tự nộp"]


@pytest.mark.parametrize(
    ("text", "labels", "read"),
    [
        ("không rõ ạ", LABELS, UNSURE), ("em ko biết", LABELS, UNSURE), ("chua ro", LABELS, UNSURE),
        ("có ạ", LABELS, 1), ("không ạ", LABELS, 0), ("chưa có", LABELS, 0), ("vâng", LABELS, 1),
        ("dạ có giấy chứng sinh", LABELS, 1), ("bé không có giấy chứng sinh", LABELS, 0),
        ("2", WAYS, 1), ("số 4", WAYS, 3), ("cái đầu tiên", WAYS, 0), ("cái cuối", WAYS, 3), ("9", WAYS, None),
        ("em tự nộp", WAYS, 3), ("bưu chính công ích", WAYS, 2), ("thuê công ty", WAYS, 1),
        ("vâng", WAYS, "?"), ("không", WAYS, "?"), ("không thuộc trường hợp nào", WAYS, NONE),
        ("đăng ký kết hôn mất bao lâu", ["Cha mẹ đã đăng ký kết hôn", "Trẻ bị bỏ rơi"], None),
        ("bố mẹ chưa đăng ký kết hôn", ["Cha mẹ đã đăng ký kết hôn", "Chưa xác định cha hoặc mẹ"], None),
        ("biết", ["Không rõ nơi ở cuối cùng", "Biết nơi ở cuối cùng"], 1),
        ("nhờ", WAYS, None), ("lệ phí bao nhiêu", WAYS, None), ("con 5 tuổi có phải đi cùng không", WAYS, None),
        ("", WAYS, None), ("!!!", WAYS, None), ("thế nộp ở đâu", WAYS, None),
    ],
)  # fmt: skip
def test_reading(text: str, labels: list[str], read: int | str | None) -> None:
    assert read_choice(text, labels) == read


def test_birth_is_what_the_tests_think_it_is() -> None:
    assert any(found.code == BIRTH and len(found.asks) == 4 for found in shipped_guides())
