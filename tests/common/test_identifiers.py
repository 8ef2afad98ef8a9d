"""Personal numbers: recognised by format and context, masked once and for all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import InvalidInput
from common.identifiers import find, mask, parse_dossier_code, parse_personal_id, parse_phone


@pytest.mark.parametrize(("text", "masked"), [
    ("cccd của em là 022190001234 ạ", "cccd của em là 022••••••••• ạ"),
    ("số 022 190 001 234", "số 022 ••• ••• •••"),
    ("gọi em 0912345678 nhé", "gọi em 091••••678 nhé"),
    ("gọi 0912.345.678", "gọi 091•.•••.678"),
    ("+84 912 345 678", "+84 9•• ••• 678"),
    ("máy bàn 0203 3123456", "máy bàn 020• ••••456"),
    ("mã BHXH 2212345678", "mã BHXH ••••••5678"),
    ("thẻ GD4222012345678", "thẻ •••••••••••5678"),
    ("stk 1900123456 vcb", "stk ••••••3456 vcb"),
    ("stk 022190001234 vcb", "stk •••••••••••• vcb"),
    ("biển số 14a 12345", "biển số 14• •••45"),
    ("xe 14B1-234.56 của em", "xe 14••-•••.56 của em"),
    ("mail nguyenvana@gmail.com", "mail n•••••••••@gmail.com"),
    ("mã pin là 1234", "mã pin là ••••"),
    ("4 số cuối 9876", "4 số cuối ••••"),
    ("hồ sơ H49-260804-0001", "hồ sơ H49-••••••-0001"),
    ("000.00.19.H47-260105-0001", "000.00.19.H47-••••••-0001"),
    ("CMND cũ 100123456", "CMND cũ ••••••456"),
    ("hộ chiếu C1234567", "hộ chiếu C•••••67"),
    ("cccd 02219000123 thiếu số", "cccd 022•••••••• thiếu số"),
])
def test_personal_numbers_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize("text", [
    "lệ phí 8.000 đồng", "nộp 150.000.000.000 đồng", "100000000 đ", "thủ tục 1.001193", "2.000815.000.00.00.H55",
    "sinh ngày 05/03/2024", "ngày 05-03-2024", "2024-03-05", "gọi tổng đài 1900 1234 56", "Nghị định 118/2025/NĐ-CP",
    "cái thứ 2", "mẫu 01", "năm 2026", "123.456.789", "60 ngày",
])
def test_other_numbers_stay(text: str) -> None:
    assert find(text) == []
    assert mask(text) == text


def test_decomposed_text_keeps_its_offsets() -> None:
    import unicodedata

    text = unicodedata.normalize("NFD", "số định danh của tôi: 022190001234")
    (match,) = find(text)
    assert (match.kind, text[match.start : match.end]) == ("personal_id", "022190001234")


def test_keep_names_kinds_or_values() -> None:
    text = "tra cứu H49-260804-0001, đt 0912345678"
    assert mask(text, keep={"dossier_code"}) == "tra cứu H49-260804-0001, đt 091••••678"
    assert mask(text, keep={"0912345678"}) == "tra cứu H49-••••••-0001, đt 0912345678"


@given(st.text(alphabet=st.one_of(st.sampled_from("0123456789 .-()+@•HAabcđ\n/"), st.characters()), max_size=80))
def test_masking_is_idempotent_and_keeps_length(text: str) -> None:
    once = mask(text)
    assert mask(once) == once
    assert len(once) == len(text)


@given(st.text(alphabet="abcđêô ,.?\n", max_size=20), st.from_regex(r"\A0\d{11}\Z"), st.sampled_from(["", " ", "."]))
def test_a_personal_id_never_survives(before: str, number: str, joint: str) -> None:
    number = "".join(character for character in number if character in "0123456789").ljust(12, "0")
    written = joint.join(number[i : i + 3] for i in range(0, 12, 3))
    assert written not in mask(f"{before} {written} nhé")


@pytest.mark.parametrize("before", ["", "cccd ", "stk ", "số tài khoản và căn cước ", "bhxh "])
@pytest.mark.parametrize(
    "written", ["022190001234", "022 190 001 234", "022-190-001-234", "0221900001234", "02219001234"])
def test_the_pin_of_a_dossier_cannot_be_read_off_a_masked_id(before: str, written: str) -> None:
    hidden = mask(f"{before}{written}")
    assert "1" not in hidden[len(before) + 3 :] or "4" not in hidden


@given(st.text(max_size=40))
def test_parsers_refuse_in_vietnamese_or_accept(text: str) -> None:
    for parse in (parse_personal_id, parse_phone, parse_dossier_code):
        try:
            assert parse(text)
        except InvalidInput as error:
            assert error.detail.startswith(("Anh/chị", "Số", "Dãy", "Em", "Phần"))


def test_personal_id_tells_year_sex_and_province() -> None:
    parsed = parse_personal_id(" 022 190 001 234 ")
    assert (parsed.value, parsed.birth_year) == ("022190001234", 1990)
    assert (parsed.sex, parsed.province_code) == ("female", "022")
    assert parsed.pin == "1234"
    assert parse_personal_id("001205012345").birth_year == 2005


@pytest.mark.parametrize(("text", "part"), [
    ("123456789", "chứng minh nhân dân cũ"), ("02219000123", "11 chữ số"), ("", "chưa nhập"),
    ("O22190001234", "chữ cái"),
])
def test_personal_id_refusals_explain(text: str, part: str) -> None:
    with pytest.raises(InvalidInput, match=part) as caught:
        parse_personal_id(text)
    assert "022190001234" in caught.value.detail


@pytest.mark.parametrize("text", [
    "0912345678", "+84 912 345 678", "84912345678", "0084.912.345.678", "(0912) 345-678", "+84 0912345678",
])
def test_phone_is_folded(text: str) -> None:
    assert parse_phone(text) == "0912345678"


def test_landline_is_accepted() -> None:
    assert parse_phone("0203.312.3456") == "02033123456"


@pytest.mark.parametrize("text", ["091234567", "0112345678", "abc", "1234567890123", ""])
def test_wrong_phones_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="iện thoại"):
        parse_phone(text)


@pytest.mark.parametrize(("text", "value", "local"), [
    ("000.00.00.H47-240501-0001", "000.00.00.H47-240501-0001", False),
    ("h49.22 – 260804 – 0583", "H49.22-260804-0583", True),
    ("H49-260804-0001", "H49-260804-0001", True),
    ("h49 260804 0001", "H49-260804-0001", True),
    ("H57.132-260804-0583", "H57.132-260804-0583", False),
    ("000.00.01.H49-260310-0420", "000.00.01.H49-260310-0420", True),
])
def test_dossier_codes(text: str, value: str, local: bool) -> None:
    parsed = parse_dossier_code(text)
    assert (parsed.value, parsed.local) == (value, local)


@pytest.mark.parametrize("text", ["H49.22-26084-0583", "H49-261304-0001", "145156", "", "xin chào"])
def test_wrong_dossier_codes_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_dossier_code(text)


def test_a_personal_id_of_a_year_to_come_is_refused() -> None:
    with pytest.raises(InvalidInput, match="2399"):
        parse_personal_id("999999999999")
