"""Passages are quoted only where the guide speaks of the matter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.answers.passages import find_passages, passages
from knowledge_base.model import Guide
from tests.actions.guide import guide
from tests.actions.support import shipped_guides


def shipped(code: str) -> Guide:
    return next(made for made in shipped_guides() if made.code == code)


@pytest.mark.parametrize(
    ("code", "question", "holds"),
    [
        ("1.001193", "con 3 tháng mới làm có sao ko", "60 ngày"),
        ("1.001193", "con 3 thang moi lam co sao ko", "60 ngày"),
        ("1.001193", "em chưa kết hôn thì làm khai sinh cho con được không", "Cha mẹ chưa"),
        ("1.001193", "nhờ bà ngoại đi làm thay được không", "ủy quyền"),
        ("1.001193", "chồng em đi biển không về được", "ủy quyền"),
        ("1.001193", "bé đẻ ở nhà, không có giấy chứng sinh thì sao", "không có giấy"),
    ],
)
def test_a_situation_finds_the_guides_words(code: str, question: str, holds: str) -> None:
    found = find_passages(shipped(code), question)
    assert found and any(holds.lower() in passage.text.lower() for passage in found), found


@pytest.mark.parametrize("question", ["con mèo nhà em tên Miu", "có chỗ đỗ xe ô tô không", "asdf qwer zxcv"])
def test_what_the_guide_does_not_say_is_not_found(question: str) -> None:
    assert find_passages(shipped("1.001193"), question) == []


def test_late_and_lost_are_situations() -> None:
    assert find_passages(guide(), "em nộp quá hạn rồi thì sao")[0].text == guide().conditions[1]
    assert guide().conditions[2] in [passage.text for passage in find_passages(guide(), "tôi bị mất thẻ rồi")]


@given(st.text(max_size=200))
def test_any_text_is_answered_with_passages_of_the_guide_or_none(text: str) -> None:
    made = guide()
    assert set(find_passages(made, text)) <= set(passages(made))
