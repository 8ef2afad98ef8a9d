"""Groups of questions: laid out item by item, in chat, whatever the order of answers and changes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.companion.bundle import Dossiers, build_dossiers
from actions.companion.dialogue import build_actions
from actions.dossiers import MESSAGES_FILE
from actions.dossiers.eforms.communes import CommuneFinder
from actions.dossiers.eforms.draft import Draft
from actions.dossiers.eforms.eform import EForm
from actions.dossiers.eforms.formlib import FORMS_DIR, FormLibrary
from actions.dossiers.eforms.moves import Moves
from actions.dossiers.eforms.naming import named_item
from actions.dossiers.eforms.values import ValueReader
from actions.messages import Messages
from common.clock import local_date
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings
from tests.actions.dossiers.citizen import Citizen

FORM = """
slug: ho_thu
version: 1
title: Đăng ký cả hộ
procedure: "9.000001"
intro: Em sẽ hỏi về cả hộ.
fields:
  - include: applicant
    without: [applicant_email]
  - name: house
    label: Chỗ ở
    question: Chỗ ở là nhà thuê hay nhà của mình ạ?
    type: choice
    choices: [{value: rented, label: Thuê}, {value: owned, label: Nhà của mình}]
  - name: members
    label: Người cùng đăng ký
    type: group
    item: Thành viên
    max: 3
    question: Có ai cùng đăng ký không ạ?
    more: Thêm người nữa không ạ?
    fields:
      - {name: name, label: Họ và tên, question: "Họ tên là gì ạ?", type: name, example: Trần Văn Bình}
      - {name: child, label: Dưới 14 tuổi, question: "Người này dưới 14 tuổi phải không ạ?", type: boolean}
      - name: school
        label: Trường học
        question: Cháu học trường nào ạ?
        type: text
        example: Tiểu học Hạ Long
        when: {field: child, is: ["yes"]}
      - name: lease
        label: Tên trong hợp đồng thuê
        question: Tên ghi trong hợp đồng thuê là gì ạ?
        type: text
        required_when: {field: child, is: ["no"]}
        example: Trần Văn Bình
        when: {field: house, is: [rented]}
  - name: plots
    label: Thửa đất
    type: group
    item: Thửa
    min: 1
    max: 2
    question: Có thửa đất nào không ạ?
    more: Còn thửa nào nữa không ạ?
    fields:
      - {name: area, label: Diện tích, question: "Rộng bao nhiêu m2 ạ?", type: number, min: 1, max: 999, example: "120"}
  - name: note
    label: Ghi chú
    question: Anh/chị ghi chú gì thêm không ạ?
    type: text
    required: false
    example: Không
review: Anh/chị kiểm tra lại
receipt: Em đã nhận.
"""
APPLICANT = ["Nguyễn Thị Lan", "022190001234", "0912345678"]
TEXTS = Messages.load(MESSAGES_FILE)
MOVES = Moves(ValueReader(TEXTS, CommuneFinder.load()), TEXTS, local_date)


def library(folder: Path) -> FormLibrary:
    (folder / "shared.yml").write_text((FORMS_DIR / "shared.yml").read_text("utf-8"), "utf-8")
    (folder / "ho_thu.yml").write_text(FORM, "utf-8")
    return FormLibrary.load(folder)


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> EForm:
    found = library(tmp_path_factory.mktemp("forms")).get("ho_thu")
    assert found is not None
    return found


@pytest.fixture
def room(home: Settings, database: Database, keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
         ) -> Dossiers:
    """A dossier room that has this one form."""
    folder = tmp_path / "forms"
    folder.mkdir()
    forms = library(folder)
    monkeypatch.setattr(FormLibrary, "shipped", staticmethod(lambda: forms))
    return build_dossiers(home, database, keyring)


@pytest.fixture
def filling(home: Settings, room: Dossiers) -> Citizen:
    from types import SimpleNamespace

    citizen = Citizen(room, build_actions(SimpleNamespace(settings=home, kb={}, dossiers=room)))
    citizen.fills_in([*APPLICANT, "thuê"], procedure="9.000001")
    return citizen


def fresh(form: EForm) -> Draft:
    return Draft("d", "c1", form, "active", {}, consented=True)


def test_items_are_asked_one_at_a_time(filling: Citizen) -> None:
    assert "Có ai cùng đăng ký" in filling.said
    assert "Thành viên 1. Họ tên" in filling.types("có")
    filling.types("Trần Văn Bình")
    assert "Thành viên 1. Người này dưới 14 tuổi" in filling.said
    assert "Cháu học trường nào" in filling.types("có")
    filling.types("Tiểu học Hạ Long")
    filling.taps("Bỏ qua")
    assert "Thêm người nữa không" in filling.said
    filling.taps("Có")
    filling.types("Trần Thị Cúc")
    filling.taps("Không")
    assert "bắt buộc" in filling.sends("/skip"), "without being a child's, this answer is needed"
    filling.types("Trần Thị Cúc")
    assert "Thêm người nữa" in filling.said
    assert "Thửa 1. Rộng" in filling.types("không ạ")
    filling.types("120")
    filling.taps("Không")
    filling.taps("Bỏ qua")
    seen = filling.sees(filling.heard[-1])
    assert "Thành viên 2: Họ và tên: Trần Thị Cúc" in seen and "Thửa 1: Diện tích: 120" in seen
    assert "Cúc" not in json.dumps([filling.seen_by_engine, filling.heard, filling.transcripts], ensure_ascii=False)


def at_review(citizen: Citizen) -> None:
    for answer in ("có", "Trần Văn Bình", "có", "Tiểu học Hạ Long", "bỏ qua", "có", "Trần Thị Cúc", "không",
                   "Trần Thị Cúc", "không", "120", "không", "bỏ qua"):
        citizen.types(answer)
    assert citizen.room.drafts.prompt("c1").stage == "review"


def test_an_item_is_corrected_removed_and_added_at_review(filling: Citizen) -> None:
    at_review(filling)
    filling.taps("Sửa một mục")
    assert [b["title"] for b in filling.heard[0]["buttons"]][4:8] == [
        "Thành viên 1", "Thành viên 2", "Thửa 1", "Ghi chú"]
    filling.taps("Thành viên 2")
    filling.taps("Họ và tên")
    filling.types("Trần Thị Đào")
    assert "Thành viên 2: Họ và tên: Trần Thị Đào" in filling.sees(filling.heard[-1])
    filling.sends('/edit_field{"field":"members.1"}')
    filling.taps("Xóa Thành viên 1")
    seen = filling.sees(filling.heard[-1])
    assert "Thành viên 1: Họ và tên: Trần Thị Đào" in seen and "Bình" not in seen and "Em đã xóa" in seen
    filling.taps("Sửa một mục")
    filling.taps("Thêm thành viên")
    assert "Thành viên 2. Họ tên" in filling.said
    filling.types("quay lại")
    filling.types("không")
    assert filling.room.drafts.prompt("c1").items("members") == 1
    assert "cần ít nhất 1" in filling.sees(
        filling.heard[-1] if filling.sends('/edit_field{"field":"plots.1.remove"}') else {})


@pytest.mark.parametrize(("text", "field"), [
    ("sửa thành viên 2", "members.2"), ("xóa thành viên 2", "members.2.remove"), ("thêm thành viên", "members.add"),
    ("sửa thửa 1", "plots.1.area"), ("sửa thành viên 1 trường học", "members.1.school"),
    ("bỏ thành viên 1", "members.1.remove"),
])
def test_items_are_named_in_words(filling: Citizen, text: str, field: str) -> None:
    at_review(filling)
    captured = filling.room.intake.capture("c1", text=text)
    assert captured is not None and captured.intent_message == f'/edit_field{json.dumps({"field": field})}'


def test_groups_survive_pause_restart_and_submission(
    filling: Citizen, home: Settings, keyring: Keyring
) -> None:
    filling.types("có")
    filling.types("Trần Văn Bình")
    filling.types("để sau")
    again = build_dossiers(home, Database.from_settings(home), keyring)
    draft = again.drafts.resume("c1")
    assert draft is not None and draft.field is not None and draft.field.name == "members.1.child"
    assert draft.values["members.1.name"].display == "Trần Văn Bình"
    for answer in ("không", "Trần Văn Bình", "không", "99", "không"):
        again.drafts.apply("c1", answer)
    draft = again.drafts.skip("c1")
    code = again.submissions.submit(draft.id).code
    lines = {line.label: line.value for line in again.registry.receipt(code, "c1").fields}
    assert lines["Thành viên 1: Họ và tên"] == "Trần Văn Bình" and lines["Thửa 1: Diện tích"] == "99"


def answers(draft: Draft, pick: int) -> str:
    field = draft.field
    assert field is not None
    if field.type == "boolean":
        return ("có", "không")[pick % 2]
    return field.choices[pick % len(field.choices)].value if field.choices else field.sample


STEPS = st.tuples(
    st.sampled_from(["answer", "answer", "answer", "wrong", "back", "skip", "edit", "add", "remove", "fill"]),
    st.integers(0, 40))


@settings(max_examples=150, deadline=None)
@given(steps=st.lists(STEPS, max_size=40))
def test_any_order_of_moves_keeps_answers_and_position_together(form: EForm, steps: list[tuple[str, int]]) -> None:
    draft = fresh(form)
    for move, pick in steps:
        before = draft
        if move == "answer" and draft.field:
            draft = MOVES.answer(draft, answers(draft, pick))
        elif move == "wrong":
            draft = MOVES.answer(draft, "?")
        elif move == "back":
            draft = MOVES.back(draft)
        elif move == "skip":
            draft = MOVES.skip(draft)
        elif move == "edit":
            draft = MOVES.edit(draft, draft.visible[pick % len(draft.visible)].name)
        elif move == "add":
            draft = MOVES.edit(draft, ("members.add", "plots.add")[pick % 2])
        elif move == "remove":
            draft = MOVES.edit(draft, f"{('members', 'plots')[pick % 2]}.{1 + pick % 3}.remove")
        elif move == "fill":
            part = draft.visible[pick % len(draft.visible)]
            draft, _problems = MOVES.fill(draft, {part.name: part.sample}, complete=False)
        shown = [field.name for field in draft.visible]
        assert draft.stage in ("field", "review") and len(shown) == len(set(shown))
        assert set(draft.values) <= set(shown), "no answer to a question that is not asked"
        assert draft.field is None or draft.field.name in shown
        if draft.stage == "review":
            assert set(draft.values) == set(shown)
            assert all(draft.values[f.name].value or not f.required for f in draft.visible)
        if move in ("wrong", "back"):
            assert draft.values == before.values, "nothing is lost by a slip or by going back"
        assert 1 <= draft.items("plots") <= 2 and draft.items("members") <= 3
    for _ in range(60):
        if draft.field is None:
            break
        draft = MOVES.answer(replace(draft, options=(), doubtful=""), answers(draft, 1))
    assert draft.stage == "review", "answering always comes to an end"


@given(counts=st.integers(1, 3), gone=st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_removing_one_item_moves_the_later_ones_up(form: EForm, counts: int, gone: int) -> None:
    draft = fresh(form)
    names = ["Trần Văn Một", "Trần Văn Hai", "Trần Văn Ba"][:counts]
    typed = dict(zip(("applicant_name", "applicant_id", "applicant_phone", "house", "plots.1.area"),
                     (*APPLICANT, "owned", "12"), strict=True))
    draft, _ = MOVES.fill(draft, typed, complete=False)
    for index, name in enumerate(names, start=1):
        draft = MOVES.add_item(draft, "members")
        draft, _ = MOVES.fill(draft, {f"members.{index}.name": name, f"members.{index}.child": "no"}, complete=False)
    draft, _ = MOVES.fill(draft, {}, complete=True)
    after = MOVES.remove_item(draft, f"members.{gone}")
    left = [value.display for path, value in after.values.items() if path.endswith(".name")]
    expected = names if gone > counts else names[: gone - 1] + names[gone:]
    assert left == expected and after.stage == "review"
    assert named_item(after, f"thành viên {len(expected) + 1}") is None
