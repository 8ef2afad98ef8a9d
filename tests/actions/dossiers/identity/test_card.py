"""What a card's code says: taken where it holds together, refused where it doesn't, whatever the bytes."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.dossiers.identity.card import read_card, read_payload
from common.errors import InvalidInput
from tests.actions.dossiers.identity.cards_drawn import PAYLOAD, payload

TODAY = date(2026, 11, 22)


def read(text: str) -> object:
    return read_payload(text.encode(), TODAY)


def test_a_card_is_read() -> None:
    person = read_payload(PAYLOAD.encode(), TODAY)
    assert (person.personal_id, person.name, person.birth) == ("022190001234", "Nguyễn Thị Lan", date(1990, 3, 5))
    assert person.sex == "female" and person.address.startswith("Số 12, tổ 3")


@pytest.mark.parametrize("text", [
    payload(old=""),
    payload(issued=""),
    PAYLOAD + "||Trần Văn A|Lê Thị B|",
    payload(name=unicodedata.normalize("NFD", "Nguyễn Thị Lan")),
    payload(name="  Nguyễn   Thị Lan "),
    payload(number="022088001234", birth="01011988", sex="NAM"),
    PAYLOAD + "\r\n",
])
def test_what_cards_vary_in(text: str) -> None:
    person = read_payload(text.encode(), TODAY)
    assert unicodedata.is_normalized("NFC", person.name) and "  " not in person.name


@pytest.mark.parametrize(("text", "reason"), [
    ("https://example.vn/khuyen-mai", "not_a_card"),
    ("00020101021138570010A00000072701270006970403", "not_a_card"),
    ("|".join(["x"] * 7), "not_a_card"),
    ("|" * 40, "not_a_card"),
    (payload(number="02219000123"), "not_a_card"),
    (payload(number="٠٢٢١٩٠٠٠١٢٣٤"), "not_a_card"),
    (payload(old="12345"), "not_a_card"),
    (payload(name=""), "not_a_card"),
    (payload(birth="31021990"), "not_a_card"),
    (payload(birth="1990-03-05"), "not_a_card"),
    (payload(sex="x"), "not_a_card"),
    (payload(issued="99999999"), "not_a_card"),
    (payload(birth="05031991"), "birth"),
    (payload(number="022399001234", birth="05032099"), "issued"),
    (payload(sex="Nam"), "sex"),
    (payload(name="<script>alert(1)</script>"), "name"),
    (payload(issued="01011980"), "issued"),
    (payload(issued="01012030"), "issued"),
    (payload(address="a" * 400), "long"),
    ("a" * 5000, "not_a_card"),
])
def test_nonsense_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        read(text)


def test_older_encodings_are_read() -> None:
    assert read_payload(PAYLOAD.encode("utf-8"), TODAY) == read_payload(
        unicodedata.normalize("NFD", PAYLOAD).encode(), TODAY)
    tcvn3 = payload(name="NguyÔn ThÞ Lan", sex="N÷", address="Sè 12, tæ 3, khu 5, B·i Ch¸y, H¹ Long, Qu¶ng Ninh")
    person = read_payload(tcvn3.encode("latin-1"), TODAY)
    assert (person.name, person.sex) == ("Nguyễn Thị Lan", "female") and "Bãi Cháy" in person.address


def test_the_card_is_found_among_other_codes() -> None:
    codes = [b"https://example.vn", PAYLOAD.encode()]
    assert read_card(codes, TODAY).name == "Nguyễn Thị Lan"
    with pytest.raises(InvalidInput, match="no_code"):
        read_card([], TODAY)


@given(st.one_of(st.binary(max_size=400), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))))
def test_any_bytes_are_read_or_refused(code: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_payload(code, TODAY)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), min_size=7, max_size=9))
def test_any_fields_are_read_or_refused(parts: list[str]) -> None:
    with pytest.raises(InvalidInput):
        read("|".join(parts))


@given(st.integers(0, len(PAYLOAD.encode()) - 1), st.integers(0, 255))
def test_one_wrong_byte_never_breaks_it(place: int, byte: int) -> None:
    code = bytearray(PAYLOAD.encode())
    code[place] = byte
    try:
        person = read_payload(bytes(code), TODAY)
    except InvalidInput:
        return
    assert person.personal_id.isdigit() and len(person.personal_id) == 12
