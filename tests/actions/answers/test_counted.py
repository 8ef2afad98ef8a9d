"""Pointing at places of a list, in the words that citizens use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.answers.counted import counted, refuses_all


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("cái thứ hai phí bao nhiêu", {1}),
        ("cai so 1", {0}),
        ("mình lấy 2", {1}),
        ("cái ở dưới ấy", {2}),
        ("cái giữa", {1}),
        ("số 3, mất mấy ngày", {2}),
        ("không phải cái đầu, cái thứ ba cơ", {2}),
        ("cái sau, cháu 15 tuổi", {2}),
        ("hai cái đầu nhé", {0, 1}),
        ("con thứ hai của em", set()),
        ("cháu 2 tuổi", set()),
        ("số 7", set()),
        ("lấy một bản sao", set()),
        ("bà em mất năm ngoái", set()),
    ],
)
def test_places_meant(text: str, meant: set[int]) -> None:
    assert counted(text, 3).meant == meant


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("hai cái đầu không phải", {0, 1}),
        ("bỏ cái đầu", {0}),
        ("không phải cái đầu, cái thứ ba cơ", {0}),
        ("ko phai cai cuoi", {2}),
        ("thẻ bị hỏng phải làm lại", set()),
    ],
)
def test_places_refused(text: str, refused: set[int]) -> None:
    assert counted(text, 3).refused == refused


@pytest.mark.parametrize("text", ["không phải cái nào", "khong co cai nao", "cả ba đều không đúng", "đều không phải"])
def test_none_is_meant(text: str) -> None:
    assert refuses_all(text)


@pytest.mark.parametrize("text", ["không phải gia hạn", "cái thứ hai", "không mất tiền à"])
def test_some_may_be_meant(text: str) -> None:
    assert not refuses_all(text)


@given(st.text(max_size=60), st.integers(1, 4))
def test_any_text_counts_within_the_list(text: str, count: int) -> None:
    said = counted(text, count)
    assert said.meant | said.refused <= set(range(count))
    assert not said.meant & said.refused
