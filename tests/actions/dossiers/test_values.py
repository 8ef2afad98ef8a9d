"""Answers by type: what is read, and the sentence for what is not."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.dossiers import MESSAGES_FILE
from actions.dossiers.eforms.communes import CommuneFinder
from actions.dossiers.eforms.dates import parse_date
from actions.dossiers.eforms.eform import EField
from actions.dossiers.eforms.values import Ambiguous, Value, ValueReader
from actions.messages import Messages
from common.errors import InvalidInput

TODAY = date(2026, 11, 24)
READER = ValueReader(Messages.load(MESSAGES_FILE), CommuneFinder.load())


def make(kind: str, **extra: object) -> EField:
    if kind == "choice":
        extra.setdefault("choices", [
            {"value": "mother", "label": "Mẹ", "also": ["má"]}, {"value": "father", "label": "Cha", "also": ["bố"]},
            {"value": "relative", "label": "Người thân khác"},
        ])
    if kind == "file":
        extra.setdefault("accept", ["jpg"])
    return EField(name="x", label="Mục x", question="?", type=kind, example="ví dụ đúng", **extra)


def read(kind: str, text: str, **extra: object) -> Value:
    return READER.read(make(kind, **extra), text, TODAY)


@pytest.mark.parametrize(("text", "expected"), [
    ("5/3/2024", "2024-03-05"), ("05-03-24", "2024-03-05"), ("05.03.2024", "2024-03-05"),
    ("ngày 5 tháng 3 năm 2024", "2024-03-05"), ("ngay 5 thang 3 nam 2024", "2024-03-05"),
    ("5 tháng 3, 2024", "2024-03-05"), ("mùng 5 tháng giêng năm 2020", "2020-01-05"), ("05032024", "2024-03-05"),
    ("2024-03-05", "2024-03-05"), ("hôm qua", "2026-11-23"), ("bé sinh hôm kia ạ", "2026-11-22"),
    ("hôm nay", "2026-11-24"), ("20/11", "2026-11-20"), ("30/11", "2025-11-30"), ("5/3/90", "1990-03-05"),
    ("5 tháng 3 năm ngoái", "2025-03-05"), ("29/2/2024", "2024-02-29"),
])
def test_dates_as_people_write_them(text: str, expected: str) -> None:
    assert read("date", text).value == expected


@pytest.mark.parametrize("text", [
    "31/02/2024", "29/2/2023", "abc", "13/13/2020", "năm 1990", "5/3/1800", "ngày mai kia",
])
def test_no_dates(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"ngày/tháng/năm.*Ví dụ"):
        read("date", text)


def test_date_limits() -> None:
    with pytest.raises(InvalidInput, match="vừa nhập chưa tới"):
        read("date", "25/11/2026", not_future=True)
    with pytest.raises(InvalidInput, match="chưa đủ 18 tuổi"):
        read("date", "25/11/2008", min_age=18)
    assert read("date", "24/11/2008", min_age=18).display == "24/11/2008"


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.sampled_from(["/", "-", ".", " "]))
def test_every_written_date_is_read_back(day: date, joint: str) -> None:
    assert parse_date(f"{day.day}{joint}{day.month}{joint}{day.year}", TODAY) == day


@pytest.mark.parametrize(("text", "value"), [
    ("2", "father"), ("cái thứ 2", "father"), ("Mẹ", "mother"), ("me", "mother"), ("mẹ ạ", "mother"),
    ("bố", "father"), ("nguoi than khac", "relative"), ("người thân", "relative"), ("mother", "mother"),
])
def test_choices(text: str, value: str) -> None:
    assert read("choice", text).value == value


@pytest.mark.parametrize("text", ["4", "0", "hàng xóm", "x"])
def test_no_choice_lists_the_choices(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"1\. Mẹ; 2\. Cha; 3\. Người thân khác"):
        read("choice", text)


@pytest.mark.parametrize(("text", "value"), [
    ("có", "yes"), ("dạ", "yes"), ("vâng ạ", "yes"), ("rồi", "yes"), ("không", "no"), ("ko", "no"), ("chưa ạ", "no"),
    ("Dạ không", "no"), ("đúng rồi", "yes"),
])
def test_yes_and_no(text: str, value: str) -> None:
    assert read("boolean", text).value == value


@pytest.mark.parametrize(("text", "value"), [
    ("2", "2"), ("hai bản", "2"), ("2 bản ạ", "2"), ("50.000.000", "50000000"), ("50 triệu", "50000000"),
    ("1,5 triệu", "1500000"), ("150tr", "150000000"), ("500k", "500000"), ("không", "0"), ("50000000 đồng", "50000000"),
])
def test_numbers(text: str, value: str) -> None:
    assert read("number", text).value == value


@pytest.mark.parametrize("text", ["nhiều", "-5", "1.5", "9" * 40, "em cần hỏi 2 thứ một lúc"])
def test_no_numbers(text: str) -> None:
    with pytest.raises(InvalidInput, match="nhập một số"):
        read("number", text)


def test_number_limits_name_the_limit() -> None:
    with pytest.raises(InvalidInput, match="nhiều nhất là 20"):
        read("number", "21", min=0, max=20)
    with pytest.raises(InvalidInput, match="ít nhất là 1"):
        read("number", "0", min=1)


@pytest.mark.parametrize(("text", "value"), [
    ("nguyễn văn an", "Nguyễn Văn An"), ("NGUYỄN VĂN AN", "Nguyễn Văn An"), ("Nguyễn Văn An", "Nguyễn Văn An"),
    ("em tên là Lò Thị Mẩy", "Lò Thị Mẩy"), ("H'Hen Niê", "H'Hen Niê"),
])
def test_names(text: str, value: str) -> None:
    assert read("name", text).value == value


@pytest.mark.parametrize("text", ["An", "Nguyễn Văn 5", "a@b c", "x" * 61 + " y"])
def test_no_names(text: str) -> None:
    with pytest.raises(InvalidInput):
        read("name", text)


def test_identifiers_are_picked_out_of_a_sentence() -> None:
    assert read("personal_id", "số cccd của em là 022 190 001 234 ạ").value == "022190001234"
    assert read("phone", "sđt em là +84 912 345 678 nhé").value == "0912345678"
    assert read("email", "mail em Lan.N@Example.com ạ").value == "lan.n@example.com"


@pytest.mark.parametrize(("text", "name"), [
    ("phường Hạ Long", "Phường Hạ Long"), ("ha long", "Phường Hạ Long"), ("Cô Tô", "Đặc khu Cô Tô"),
    ("Hà Khánh", "Phường Cao Xanh"), ("em ở phường bãi cháy ạ", "Phường Bãi Cháy"), ("06652", "Phường Hà Tu"),
    ("Mông Dương, Quảng Ninh", "Phường Mông Dương"),
])
def test_communes_by_present_and_former_names(text: str, name: str) -> None:
    assert read("commune", text).display == name


def test_former_cities_are_asked_back() -> None:
    for text in ("tp Hạ Long", "thành phố Móng Cái", "xã Quảng Long"):
        with pytest.raises(Ambiguous, match="nhiều đơn vị mới") as caught:
            read("commune", text)
        assert len(caught.value.options) >= 2
    with pytest.raises(InvalidInput, match="54 xã, phường, đặc khu"):
        read("commune", "Hà Nội")


def test_every_commune_is_found_by_its_own_name() -> None:
    for commune in CommuneFinder.load()._communes:
        assert read("commune", commune.name).value == commune.code
        assert read("commune", commune.name.lower()).value == commune.code


KINDS = ["text", "name", "personal_id", "date", "phone", "email", "commune", "choice", "number", "address", "boolean"]


@given(st.sampled_from([*KINDS, "file"]), st.text(max_size=60))
def test_any_text_gives_a_value_or_a_sentence(kind: str, text: str) -> None:
    try:
        value = read(kind, text)
    except InvalidInput as problem:
        assert problem.detail.strip() and "{" not in problem.detail
    else:
        assert value.value and value.display


@given(st.sampled_from(KINDS), st.text(max_size=40))
def test_a_canonical_value_reads_as_itself(kind: str, text: str) -> None:
    try:
        value = read(kind, text)
    except InvalidInput:
        return
    assert read(kind, value.value).value == value.value
