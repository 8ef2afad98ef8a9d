"""Names: known ones at once, all others after one question, none refused, phrases never taken silently."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.dossiers import MESSAGES_FILE
from actions.dossiers.eforms.communes import CommuneFinder
from actions.dossiers.eforms.eform import EField
from actions.dossiers.eforms.names import NameJudge
from actions.dossiers.eforms.values import Doubtful, ValueReader
from actions.messages import Messages
from common.errors import InvalidInput
from tests.actions.dossiers.citizen import Citizen

READER = ValueReader(Messages.load(MESSAGES_FILE), CommuneFinder.load())
NAME = EField(name="x", label="Họ và tên", question="?", type="name", example="Nguyễn Thị Lan")
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize("name", [
    "Nguyễn Thị Lan", "tran minh an", "NGUYỄN VĂN BIẾT", "Trần Văn Không", "Phùn Thị Múi", "Chíu A Tài",
    "Voòng Sĩ Phát",
    "Nình Văn Ba", "Tằng Dảu", "H'Hen Niê", "Y Moan Niê", "nguyễn thế anh", "Lý Thị Hỏi", "em tên là Đặng Thu Thảo",
    "Huỳnh Ngọc Bảo Trân Châu", "Bế Thị Sao",
])
def test_names_of_the_country_pass_at_once(name: str) -> None:
    assert READER.read(NAME, name, TODAY).value


@pytest.mark.parametrize("said", [
    "không biết", "tôi muốn hỏi", "khong biet", "từ từ đã nhé", "lại sai rồi", "cho tôi hỏi chút", "chưa có giấy",
    "đang bận lắm", "quên mất rồi", "con của em", "để em xem", "Ok em",
])
def test_phrases_are_asked_back(said: str) -> None:
    with pytest.raises(Doubtful, match="Đúng họ tên") as caught:
        READER.read(NAME, said, TODAY)
    assert said not in caught.value.detail


@pytest.mark.parametrize("name", ["John Smith", "María-José O’Neill", "Suharto", "Kim Min-seo", "Xaykeo", "Åsa Öberg"])
def test_foreign_names_pass_when_confirmed(name: str) -> None:
    assert READER.read(NAME, name, TODAY, sure=True).value == name


@given(st.lists(st.text(st.characters(categories=("Lu", "Ll")), min_size=1, max_size=12), min_size=1, max_size=8))
def test_no_word_of_letters_is_refused_for_good(words: list[str]) -> None:
    name = " ".join(words)
    if len(name) <= 120:
        assert READER.read(NAME, name, TODAY, sure=True).value


@given(st.text(max_size=80))
def test_any_text_is_judged(text: str) -> None:
    assert NameJudge().is_surely_a_name(text) in (True, False)
    try:
        READER.read(NAME, text, TODAY)
    except InvalidInput as problem:
        assert problem.detail


def test_a_doubtful_name_is_confirmed_or_typed_again(citizen: Citizen) -> None:
    citizen.fills_in([])
    said = citizen.types("Anna Smith")
    assert "Đúng họ tên" in said and "Anna" not in said and "Anna" not in citizen.transcripts[-1]
    assert "Số định danh" in citizen.taps("Đúng họ tên")
    assert citizen.room.drafts.prompt("c1").values["applicant_name"].display == "Anna Smith"
    citizen.types("quay lại")
    citizen.types("để em xem")
    assert "nhập lại họ và tên" in citizen.taps("Nhập lại")
    assert citizen.room.drafts.prompt("c1").field.name == "applicant_name"  # type: ignore[union-attr]
    citizen.types("Suharto")
    assert "Số định danh" in citizen.types("đúng rồi")
    assert citizen.room.drafts.prompt("c1").values["applicant_name"].display == "Suharto"


def test_a_question_at_the_name_goes_to_the_engine(citizen: Citizen) -> None:
    citizen.fills_in([])
    for said in ("tôi muốn hỏi", "em muốn hỏi lệ phí", "tên mẹ hay tên bố?"):
        assert citizen.room.intake.capture("c1", text=said) is None
    assert citizen.room.intake.capture("c1", text="không biết") is not None
