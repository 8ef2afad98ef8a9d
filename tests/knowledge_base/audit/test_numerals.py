"""Numbers in Vietnamese texts, against an independent speller."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.audit.numerals import parse_number, parse_numeral, parse_words, write_number

UNITS = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"]


def spell(number: int) -> str:
    """0 to 999 as people read it out."""
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    words = [UNITS[hundreds], "trăm"] if hundreds else []
    if tens == 0:
        if ones and hundreds:
            words += ["linh", UNITS[ones]]
        elif ones or not hundreds:
            words.append(UNITS[ones])
        return " ".join(words)
    words += ["mười"] if tens == 1 else [UNITS[tens], "mươi"]
    if ones:
        words.append("lăm" if ones == 5 else "mốt" if ones == 1 and tens > 1 else UNITS[ones])
    return " ".join(words)


@given(st.integers(0, 999))
def test_words_say_their_number(number: int) -> None:
    assert parse_words(spell(number)) == number


@given(st.integers(1, 999), st.sampled_from([("nghìn", 1_000), ("ngàn", 1_000), ("triệu", 10**6), ("tỷ", 10**9)]))
def test_scales_follow_words_and_numerals(number: int, scale: tuple[str, int]) -> None:
    name, factor = scale
    assert parse_number(f"{spell(number)} {name}") == number * factor
    assert parse_number(f"{number} {name}") == number * factor


@given(st.integers(0, 10**12))
def test_thousands_in_either_style_and_leading_zeros(number: int) -> None:
    assert parse_numeral(write_number(number)) == number
    assert parse_numeral(f"{number:,}") == number
    assert parse_numeral(str(number)) == number
    assert parse_numeral(f"0{number}") == number


@given(st.integers(0, 9999).map(lambda tenths: tenths / 10))
def test_a_short_group_is_a_decimal(number: float) -> None:
    whole, part = f"{number:.1f}".split(".")
    assert parse_numeral(f"{whole},{part}") == number
    assert parse_numeral(f"{whole}.{part}") == number


@given(st.text())
def test_any_text_is_a_number_or_none(text: str) -> None:
    assert parse_number(text) is None or isinstance(parse_number(text), float)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("tám nghìn", 8000),
        ("1,5 triệu", 1_500_000),
        ("hai triệu năm trăm nghìn", 2_500_000),
        ("một trăm linh năm", 105),
        ("Hai mươi tư", 24),
    ],
)
def test_as_written(text: str, number: float) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize("text", ["", "hai ba", "mươi", "linh năm trăm", "ngày", "8.000.00x"])
def test_no_number(text: str) -> None:
    assert parse_number(text) is None
