"""The normaliser on what citizens type, and its laws on any text."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from indexer.text import Normalised, normalise

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyfjwz áàảãạ ấầẩẫậ ắ ế ố ớ ứ ý 0123456789 .,?!-/:()'@\u200b\u0301😂"
CHAT = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=LETTERS, max_size=60),
    st.lists(
        st.sampled_from(
            [
                "ko",
                "k",
                "dc",
                "đc",
                "hs",
                "dk",
                "đk",
                "bn",
                "z",
                "r",
                "h",
                "a",
                "e",
                "c",
                "t",
                "m",
                "vk",
                "ck",
                "hong",
                "hông",
                "nhanhhh",
                "sinhh",
                "giaays",
                "ddawng",
                "ky1",
                "d9ang8",
                "kethon",
                "50",
                "H49-260101-0001",
                "1.001193",
                "hoà",
                "tóan",
                "§¨ng",
                "Ñaêng",
                "kyù",
                "p.bai",
                "tp",
                "CCCD",
                "???",
                ":))",
                "12/3/2026",
                "http://a.vn/k?dc=1",
                "đẻ",
                "ạ",
            ]
        ),
        max_size=12,
    ).map(" ".join),
)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("hoà giải ở uỷ ban", "hòa giải ở ủy ban"),
        ("khai sinhh", "khai sinh"),
        ("ddawng ky", "đăng ky"),
        ("giaays phesp", "giấy phép"),
        ("d9ang8 ky1 ket61 hon6", "đăng ký kết hôn"),
        ("nhanhhhh lênnnn", "nhanh lên"),
        ("lệ phí bao nhiu z 😂 :)))", "lệ phí bao nhiêu vậy"),
        ("làm CCCD đc ko???", "làm căn cước công dân được không?"),
        ("t muon đk kethon", "tôi muon đăng ký ket hon"),
        ("dangkykhaisinh", "dang ky khai sinh"),
        ("§¨ng ký khai sinh", "Đăng ký khai sinh"),
        ("Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
        ("\u200bđa\u0306ng ky\u0301\ufeff", "đăng ký"),
        ("", ""),
        ("😂😂", ""),
    ],
)
def test_reads_what_citizens_type(typed: str, expected: str) -> None:
    assert normalise(typed).value == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("mất sổ hồng", "mất sổ hồng"),
        ("có tốn tiền hông", "có tốn tiền không"),
        ("50 k có đủ k", "50 k có đủ không"),
        ("đủ đk để hưởng", "đủ điều kiện để hưởng"),
        ("đk tạm trú", "đăng ký tạm trú"),
        ("hs lớp 1", "học sinh lớp 1"),
        ("nộp hs", "nộp hồ sơ"),
        ("vk ck em", "vợ chồng em"),
        ("nộp bằng ck", "nộp bằng chuyển khoản"),
        ("bằng lái hạng E", "bằng lái hạng E"),
        ("mất bn tiền", "mất bao nhiêu tiền"),
        ("bn ơi", "bạn ơi"),
        ("lam the nao a", "lam the nao a"),
    ],
)
def test_ambiguous_forms_look_at_their_neighbours(typed: str, expected: str) -> None:
    assert normalise(typed).value == expected


@pytest.mark.parametrize(
    "text",
    [
        "H49-260101-0001",
        "000.00.00.H49-260101-0001",
        "1.001193",
        "12/3/2026",
        "118/2025/NĐ-CP",
        "0912345678",
        "https://dichvucong.gov.vn/k?dc=1",
        "bus taxi online form".replace("online", "email"),
        "lớp 2 khu 1",
        "VIII",
    ],
)
def test_codes_numbers_and_foreign_words_stay(text: str) -> None:
    assert normalise(text).value == text


def test_case_is_kept_and_folded_is_lower() -> None:
    result = normalise("Em ở Phường Hà Tu")
    assert result.value == "Em ở Phường Hà Tu"
    assert result.folded == "em ở phường hà tu"


def test_span_leads_back_to_the_original() -> None:
    typed = "😂 làm  cccd   đc k"
    result = normalise(typed)
    start = result.value.index("căn cước công dân")
    first, last = result.span(start, start + len("căn cước công dân"))
    assert typed[first:last] == "cccd"


def test_span_outside_is_refused() -> None:
    with pytest.raises(IndexError, match="outside a text of 2 characters"):
        normalise("ab").span(1, 3)


@settings(max_examples=400, deadline=None)
@given(CHAT)
@example("§¨ng ký khai sinh")
@example("\u0340\u200da\u0301\u0323")
def test_idempotent(text: str) -> None:
    once = normalise(text).value
    assert normalise(once).value == once


@settings(max_examples=400, deadline=None)
@given(CHAT)
def test_offsets_lie_in_the_original_and_never_decrease(text: str) -> None:
    result = normalise(text)
    assert isinstance(result, Normalised)
    assert len(result.offsets) == len(result.value) == len(result.folded)
    assert all(0 <= offset < len(text) for offset in result.offsets)
    assert list(result.offsets) == sorted(result.offsets)
    for start in range(len(result.value)):
        first, last = result.span(start, len(result.value))
        assert 0 <= first < last <= len(text)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=80))
def test_never_raises_even_on_lone_surrogates(text: str) -> None:
    normalise(text)
