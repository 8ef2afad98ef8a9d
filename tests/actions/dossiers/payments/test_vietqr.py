"""VietQR payloads against vectors computed apart from the library, and against wild input."""

from __future__ import annotations

import binascii

import pytest
import segno
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from qr_pay.crc import calculate_checksum

from actions.dossiers.payments.vietqr import Transfer, payload, picture, read
from common.errors import InvalidInput

STATIC = "00020101021138570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN63049E6F"
VECTORS = [
    (Transfer("970403", "0011012345678", None, ""), STATIC),
    (Transfer("970403", "0011012345678", 180000, "thanh toan don hang"),
     "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA530370454061800005802VN"
     "62230819thanh toan don hang63045FAB"),
    (Transfer("970436", "1234567890", 50000, "LE PHI HO SO H49-0001"),
     "00020101021238540010A00000072701240006970436011012345678900208QRIBFTTA53037045405500005802VN"
     "62250821LE PHI HO SO H49-00016304F137"),
]
TRANSFERS = st.builds(
    Transfer, st.from_regex(r"[0-9]{6}", fullmatch=True), st.from_regex(r"[A-Za-z0-9]{1,19}", fullmatch=True),
    st.integers(1, 10**13 - 1), st.from_regex(r"[A-Z0-9]{1,25}", fullmatch=True))


@pytest.mark.parametrize("transfer, text", VECTORS)
def test_the_vectors(transfer: Transfer, text: str) -> None:
    assert payload(transfer) == text
    assert read(text) == transfer


def test_the_checksum_is_the_standard_one_and_keeps_its_zeros() -> None:
    assert calculate_checksum("123456789") == "29B1"
    # A known fault of other libraries: a checksum below 1000 (hex) lost its zeros.
    padded = [text for text in (f"LP{n}6304" for n in range(3000)) if calculate_checksum(text).startswith("0")]
    assert len(padded) > 100
    assert all(calculate_checksum(text) == f"{binascii.crc_hqx(text.encode(), 0xFFFF):04X}" for text in padded)


@given(TRANSFERS)
def test_whatever_is_made_reads_back_and_carries_its_checksum(transfer: Transfer) -> None:
    text = payload(transfer)
    assert read(text) == transfer
    assert text[-4:] == f"{binascii.crc_hqx(text[:-4].encode(), 0xFFFF):04X}"


@given(TRANSFERS, st.data())
def test_a_changed_character_is_noticed(transfer: Transfer, data: st.DataObject) -> None:
    text = payload(transfer)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("0123456789ABCXYZ").filter(lambda letter: letter != text[at]))
    with pytest.raises(InvalidInput):
        read(text[:at] + other + text[at + 1:])


@given(st.text(max_size=120))
def test_nonsense_is_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidInput):
        read(text)


@pytest.mark.parametrize("transfer", [
    Transfer("97040", "123", 1, "A"), Transfer("970403", "1" * 20, 1, "A"), Transfer("970403", "12 3", 1, "A"),
    Transfer("970403", "123", 0, "A"), Transfer("970403", "123", 10**13, "A"), Transfer("970403", "123", -5, "A"),
    Transfer("970403", "123", 1, "lệ phí"), Transfer("970403", "123", 1, "A" * 26), Transfer("٩٧٠٤٠٣", "123", 1, "A"),
])
def test_what_vietqr_cannot_carry_is_refused(transfer: Transfer) -> None:
    with pytest.raises(InvalidInput):
        payload(transfer)


def test_a_phone_reads_the_picture() -> None:
    transfer = Transfer("970436", "1234567890", 50000, "LPABCDEFGH23")
    text = payload(transfer)
    assert picture(text).startswith("<svg") and "style=" not in picture(text)
    code = segno.make(text, error="m", micro=False)
    size = code.symbol_size(scale=4, border=4)
    image = Image.new("L", size, 255)
    for down, row in enumerate(code.matrix_iter(scale=4, border=4)):
        for across, dark in enumerate(row):
            image.putpixel((across, down), 0 if dark else 255)
    [found] = zxingcpp.read_barcodes(image)
    assert read(found.text) == transfer
