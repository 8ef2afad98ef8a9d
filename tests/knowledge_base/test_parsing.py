from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.model import Level
from knowledge_base.parsing import (
    durations_in,
    is_zero_fee,
    parse_duration,
    parse_fee,
    parse_level,
    sentence_case,
    split_steps,
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("05 Ngày làm việc", (5.0, "working_day")),
        ("3 ngày làm  việc.", (3.0, "working_day")),
        ("30 Ngày", (30.0, "day")),
        ("01 Giờ", (1.0, "hour")),
        ("0,5 ngày", (0.5, "day")),
        ("0 ngày", None),
        ("Không quy định", None),
        ("15 ngày hoặc 20 ngày", None),
        ("2 tháng", None),
        ("N/A", None),
    ],
)
def test_durations_are_exact_or_nothing(text: str, wanted: tuple[float, str] | None) -> None:
    assert parse_duration(text) == wanted


def test_durations_in_a_note() -> None:
    assert durations_in("Trong 02 (hai) ngày làm việc, chậm nhất 15 ngày") == {2.0, 15.0}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("500,000 Việt Nam Đồng", 500_000),
        ("2,000 Việt Nam Đồng (2.000 đồng/thẻ)", 2_000),
        ("50,000 Việt Nam Đồng (/văn bản)", 50_000),
        ("Lệ phí : 50.000 Đồng", 50_000),
        ("800,000 Việt Nam Đồng (áp dụng mức 400.000 đồng đến hết 31/12/2026)", None),
        ("40 Việt Nam Đồng (40.000đ/giấy)", None),
        ("1 Việt Nam Đồng", None),
        ("200,000 Việt Nam Đồng (Trường hợp cấp lại: 400.000đ)", None),
        ("10 USD", None),
        ("Miễn phí", None),
        ("", None),
    ],
)
def test_fees_are_exact_or_nothing(text: str, wanted: int | None) -> None:
    assert parse_fee(text) == wanted


@pytest.mark.parametrize(
    "text", ["Miễn phí", "Miễn phí (Không quy định.)", "Phí : 0 Đồng", "Lệ phí : 0 Đồng", "Phí : Không Đồng"]
)
def test_shown_zero_is_known_as_such(text: str) -> None:
    assert is_zero_fee(text)
    assert parse_fee(text) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("Cấp Xã", Level.COMMUNE), ("Cấp tỉnh", Level.PROVINCE), ("Cấp bộ/ngành", Level.MINISTRY),
     ("Cơ quan khác", Level.OTHER), ("Cấp huyện", None)],
)
def test_levels(text: str, wanted: Level | None) -> None:
    assert parse_level(text) == wanted


def test_steps_numbered_once_are_split() -> None:
    text = "Trình tự:\nBước 1: Nộp hồ sơ\n1. Bản chính\nBước 2: Thẩm tra\nBước 3: Trả kết quả"
    assert split_steps(text) == [
        "Trình tự:", "Bước 1: Nộp hồ sơ\n1. Bản chính", "Bước 2: Thẩm tra", "Bước 3: Trả kết quả",
    ]
    assert split_steps("1. Nộp\n2. Nhận") == ["1. Nộp", "2. Nhận"]


@pytest.mark.parametrize(
    "text", ["1. Nộp\n3. Nhận", "Bước 1: a\nBước 2: b\nBước 1: c", "Nộp rồi nhận", "2. b"]
)
def test_other_steps_stay_whole(text: str) -> None:
    assert split_steps(text) == [text]


@given(st.text(alphabet="Bước 12345.):-+\n\tab", max_size=120))
def test_splitting_loses_nothing(text: str) -> None:
    assert re.sub(r"\s", "", "".join(split_steps(text))) == re.sub(r"\s", "", text)


def test_capitals_become_a_sentence() -> None:
    name = "THỦ TỤC ĐĂNG KÝ TẠI VIỆT NAM THEO LUẬT BHXH (CẤP TỈNH)"
    assert sentence_case(name) == "Thủ tục đăng ký tại Việt Nam theo luật BHXH (cấp tỉnh)"
    assert sentence_case("Cấp giấy phép UBND") == "Cấp giấy phép UBND"
