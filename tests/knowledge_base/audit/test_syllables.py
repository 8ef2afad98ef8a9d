from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.audit.syllables import content, coverage, hashed, pack, unpack


def test_spellings_of_one_syllable_are_one() -> None:
    assert list(content("hòa lý kỹ BHYT")) == list(content("hoà lí kĩ bảo hiểm y tế"))


def test_function_words_and_figures_carry_nothing() -> None:
    assert content("các loại và 02 bản") == {"ban\u0309": "bản"}


def test_a_name_is_covered_by_the_row_that_holds_it() -> None:
    row = unpack(pack("Bản chính Giấy chứng sinh do cơ sở khám bệnh cấp"))
    assert coverage([hashed(word) for word in content("Giấy chứng sinh")], row) == 1
    assert coverage([hashed(word) for word in content("Hợp đồng thuê nhà")], row) < 0.5
    assert coverage([], row) == 1


@given(st.text())
def test_packing_keeps_the_set_and_loses_the_order(text: str) -> None:
    assert unpack(pack(text)) == {hashed(word) for word in content(text)}
    assert pack(text) == pack(" ".join(reversed(text.split())))
