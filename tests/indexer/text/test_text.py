"""Letters, syllables, tokens, tables and synonyms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import indexer.text
from indexer.text import expand_synonyms, has_diacritics, strip_diacritics, syllables
from indexer.text.syllable import is_plain_syllable, is_syllable, retone
from indexer.text.tables import abbreviations, read_table


def test_public_names() -> None:
    assert sorted(indexer.text.__all__) == [
        "DiacriticsRestorer",
        "Normalised",
        "expand_synonyms",
        "has_diacritics",
        "normalise",
        "restore_diacritics",
        "strip_diacritics",
        "syllables",
    ]


@given(st.text())
def test_stripping_twice_is_stripping_once(text: str) -> None:
    assert strip_diacritics(strip_diacritics(text)) == strip_diacritics(text)


def test_stripping_keeps_the_length_of_composed_vietnamese() -> None:
    assert strip_diacritics("Đường Nguyễn Huệ") == "Duong Nguyen Hue"


def test_syllables_keep_identifiers_whole() -> None:
    text = "Mã 1.001193, 3.000285, hồ sơ H49-260101-0001 phí 8.000 mẫu CT07"
    assert syllables(text) == [
        "mã",
        "1.001193",
        "3.000285",
        "hồ",
        "sơ",
        "h49-260101-0001",
        "phí",
        "8.000",
        "mẫu",
        "ct07",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("đăng ký khai sinh", True),
        ("dang ky khai sinh", False),
        ("con tôi đi học", True),
        ("", False),
        ("123", False),
        ("mot hai ba bon nam sau bảy", False),
    ],
)
def test_has_diacritics(text: str, expected: bool) -> None:
    assert has_diacritics(text) is expected


@pytest.mark.parametrize("word", ["nghiêng", "quyết", "giữa", "học", "khuỷu", "ủy", "gì", "yêu", "quốc", "Đường"])
def test_syllables_of_the_language(word: str) -> None:
    assert is_syllable(word)
    assert is_plain_syllable(strip_diacritics(word))


@pytest.mark.parametrize("word", ["hoc", "strong", "bb", "kà", "file", "đc", "ngiêng"])
def test_no_syllables(word: str) -> None:
    assert not is_syllable(word)


@pytest.mark.parametrize(
    ("word", "placed"),
    [
        ("hoà", "hòa"),
        ("tóan", "toán"),
        ("qúy", "quý"),
        ("gìơ", "giờ"),
        ("ok", "ok"),
    ],
)
def test_tone_marks_stand_in_the_traditional_place(word: str, placed: str) -> None:
    assert retone(word) == placed


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("mất sổ đỏ rồi", "giấy chứng nhận quyền sử dụng đất"),
        ("mat so do roi", "giấy chứng nhận quyền sử dụng đất"),
        ("xin giấy độc thân", "giấy xác nhận tình trạng hôn nhân"),
        ("làm khai sanh", "khai sinh"),
        ("cắt khẩu", "xóa đăng ký thường trú"),
        ("làm passport", "hộ chiếu"),
    ],
)
def test_synonyms_add_official_phrases(text: str, phrase: str) -> None:
    assert phrase in expand_synonyms(text)


def test_synonyms_do_not_repeat_or_misread() -> None:
    assert "khai sinh" not in expand_synonyms("sinh con thì khai sinh ở đâu")
    assert expand_synonyms("sơ đồ khu đất") == []


@pytest.mark.parametrize("name", ["abbreviations.tsv", "synonyms.tsv", "joined.tsv", "latin_words.tsv"])
def test_every_row_of_a_table_says_why(name: str) -> None:
    assert all(row["reason"] for row in read_table(name))


def test_rows_after_an_unconditional_one_would_never_be_reached() -> None:
    closed: set[str] = set()
    for row in abbreviations():
        assert row["form"] not in closed, row["form"]
        if not row["before"] and not row["after"]:
            closed.add(row["form"])
