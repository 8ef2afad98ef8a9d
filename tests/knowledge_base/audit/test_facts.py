"""What a text states, whatever way it writes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.audit.facts import facts_in, implied


def shown(text: str) -> set[str]:
    return {fact.shown for fact, _ in facts_in(text)}


@pytest.mark.parametrize(
    "text", ["8.000 đồng", "8000 đồng", "8,000 Việt Nam Đồng", "8 nghìn đồng", "tám nghìn đồng", "8.000đ", "8000 VNĐ"]
)
def test_one_amount_written_seven_ways(text: str) -> None:
    assert shown(f"Lệ phí là {text}.") == {"8.000 đồng"}


@pytest.mark.parametrize("text", ["03 ngày", "3 ngày", "ba ngày", "03 (ba) ngày"])
def test_leading_zeros_and_words(text: str) -> None:
    assert shown(f"trong {text} kể từ") == {"3 ngày"}


def test_working_days_are_not_days() -> None:
    assert shown("Trong 05 (năm) ngày làm việc") == {"5 ngày làm việc"}
    assert shown("5 ngày") == {"5 ngày"}


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("từ đủ 14 tuổi đến dưới 16 tuổi", {"14 tuổi", "16 tuổi"}),
        ("từ 6 đến 18 tuổi", {"6 tuổi", "18 tuổi"}),
        ("trẻ dưới 24 tháng tuổi", {"24 tháng tuổi"}),
        ("60 - 90 ngày", {"60 ngày", "90 ngày"}),
        ("sau 3 giờ chiều", {"15 giờ"}),
        ("từ 7h30 thứ hai đến 15h00", {"7:30", "thứ 2", "15 giờ"}),
        ("02 ảnh 3 cm x 4 cm", {"2 ảnh", "3x4"}),
        ("giảm 50% mức thu", {"50%"}),
        ("nhà dưới 15 m² sàn", {"15 m2"}),
        ("khoản 2, 3 Điều 20 và điểm b khoản 1 Điều 5", {
            "khoản 1", "khoản 2", "khoản 3", "Điều 5", "Điều 20", "điểm b",
        }),
        ("Mẫu số 05/ĐK hoặc tờ khai CT01, phụ lục III", {"mẫu 5/ĐK", "mẫu CT01", "Phụ lục 3"}),
        ("Mẫu số 01đ hoặc 02đ", {"mẫu 1Đ", "mẫu 2Đ"}),
        ("TK1-TS và 14-HSB", {"mẫu TK1-TS", "mẫu 14-HSB"}),
        ("Nghị định số 118/2025/NĐ - CP ngày 09 tháng 6 năm 2025", {"118/2025/NĐ-CP", "2025-06-09"}),
        ("đến hết 31/12/2026", {"2026-12-31"}),
        ("Thông tư 79/2024", {"79/2024"}),
        ("02076/2025/QH15", {"76/2025/QH15"}),
        ("Bước 2: nộp\n 1. Đơn (xem mã 1.004194)", set()),
        ("trong năm tháng đó, một bản, hợp đồng", set()),
    ],
)
def test_as_guides_and_records_write(text: str, facts: set[str]) -> None:
    assert shown(text) == facts


def test_numbers_and_names_set_without_a_space() -> None:
    assert {"1/2020/TT-BTP", "226/2016/TT-BTC"} <= shown("Thông tư 01/2020/TT-BTP226/2016/TT-BTCsửa đổi")
    assert "145/2025/NĐ-CP" in shown("NÔNG THÔN145/2025/NĐ-CPThông tư")


@given(st.integers(1, 400), st.sampled_from(["ngày làm việc", "ngày", "tháng", "giờ", "tuổi", "tuần", "phút"]))
def test_an_amount_keeps_its_unit(number: int, unit: str) -> None:
    assert shown(f"không quá {number} {unit} kể từ khi nộp") == {f"{number} {unit}"}


@given(st.dates())
def test_a_date_is_one_fact_however_written(day: object) -> None:
    written = {f"{day:%d/%m/%Y}", f"ngày {day:%d} tháng {day:%m} năm {day:%Y}"}
    if 1900 <= int(f"{day:%Y}") < 2100:
        assert [shown(text) for text in written] == [{f"{day:%Y-%m-%d}"}] * 2


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    for fact, _ in facts_in(text):
        assert fact.value
        assert fact.shown
        list(implied(fact))


@pytest.mark.parametrize("piece", ["một ", "1, ", "1", "111.", "khoản 1, ", "A-", "1 (một "])
def test_long_repetitions_are_read_too(piece: str) -> None:
    assert all(fact.value for fact, _ in facts_in(piece * 1000))
