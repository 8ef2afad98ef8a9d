"""The aspect asked for."""

from __future__ import annotations

import pytest

from actions.answers.aspect import asked_aspect, asks_how, aspect_of_words, without_aspect_words
from actions.answers.turn import Turn
from common.messages import Aspect


@pytest.mark.parametrize(
    ("text", "aspect"),
    [
        ("mất bao nhiêu tiền", Aspect.FEE), ("le phi the nao", Aspect.FEE), ("bao lâu thì có", Aspect.TIME),
        ("can mang theo gi", Aspect.DOCUMENTS), ("nộp ở đâu", Aspect.PLACE), ("nop qua mang duoc khong", Aspect.ONLINE),
        ("theo nghị định nào", Aspect.LEGAL), ("cho xin tờ khai", Aspect.FORM), ("khai sinh cho con", None),
    ],
)  # fmt: skip
def test_words_tell_the_aspect(text: str, aspect: Aspect | None) -> None:
    assert aspect_of_words(text) == aspect


def test_a_sure_intent_wins_and_an_unsure_one_yields() -> None:
    assert asked_aspect(Turn(text="giấy tờ gì", intent="ask_fee", confidence=0.9)) is Aspect.FEE
    assert asked_aspect(Turn(text="giấy tờ gì", intent="ask_fee", confidence=0.3)) is Aspect.DOCUMENTS
    assert asked_aspect(Turn(text="lệ phí khai sinh", intent="ask_overview", confidence=0.9)) is Aspect.FEE


def test_a_button_needs_no_words() -> None:
    assert asked_aspect(Turn(intent="ask_place")) is Aspect.PLACE
    assert asked_aspect(Turn(intent="choose_procedure", entities={"aspect": ("time",)})) is Aspect.TIME
    assert asked_aspect(Turn(intent="print_checklist")) is Aspect.DOCUMENTS
    assert asked_aspect(Turn(intent="choose_procedure", entities={"aspect": ("nonsense",)})) is Aspect.OVERVIEW


def test_aspect_words_may_overlap() -> None:
    assert without_aspect_words("thế mất bao nhiêu tiền") == "the"


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("vk e mới đẻ giờ làm giấy tờ cho bé ntn", True), ("bố mất rồi phải làm gì", True),
        ("làm khai sinh cần giấy tờ gì", False), ("hồ sơ gồm những gì", False), ("làm ở đâu", False),
    ],
)  # fmt: skip
def test_how_is_told_from_which_papers(text: str, how: bool) -> None:
    assert asks_how(text) is how


@pytest.mark.parametrize(
    ("text", "aspect"),
    [
        ("đăng ký nhận thông báo bằng phương tiện điện tử", None),  # "tiện" is no "tiền"
        ("dang ky phuong tien thuy noi dia", None),
        ("co mat tien khong", Aspect.FEE),
        ("mấy trăm k vậy", Aspect.FEE),
        ("lên đâu làm", Aspect.PLACE),
        ("chừng nào có giấy", Aspect.TIME),
        ("hồ sơ có những gì", Aspect.DOCUMENTS),
        ("xong thì được trả cái gì", Aspect.RESULT),
    ],
)
def test_aspects_are_told_by_words_as_they_are_meant(text: str, aspect: Aspect | None) -> None:
    assert aspect_of_words(text) == aspect
