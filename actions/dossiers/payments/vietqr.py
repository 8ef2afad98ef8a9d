"""VietQR payloads (NAPAS, EMVCo merchant-presented), made by the library `napas-qr-python` and read back before use.

The library was chosen by the vectors in `tests/actions/dossiers/payments/test_vietqr.py`; docs/dossiers/payments.md
has the comparison.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import segno
from qr_pay import QRPay
from qr_pay.decode import QRDecodeError

from common.errors import InvalidInput

__all__ = ["Transfer", "payload", "picture", "read"]

_CURRENCY, _COUNTRY = "704", "VN"
_MOST = 10**13 - 1  # field 54 holds 13 digits
# Field 62-08 of VietQR: 25 characters; banks reduce anything but plain letters, digits and blanks.
_REFERENCE = re.compile(r"[A-Za-z0-9 -]{1,25}")


@dataclass(frozen=True)
class Transfer:
    """What a bank's app reads: `amount` in đồng (None: the payer types it), `reference` the transfer's message."""

    bank_bin: str
    account: str
    amount: int | None
    reference: str


def payload(transfer: Transfer) -> str:
    """The text of the QR code. Raises InvalidInput for what VietQR can't carry."""
    if not re.fullmatch(r"[0-9]{6}", transfer.bank_bin) or not re.fullmatch(r"[A-Za-z0-9]{1,19}", transfer.account):
        raise InvalidInput("bank_bin has 6 digits, account 1 to 19 letters or digits", field="account")
    if transfer.amount is not None and not 1 <= transfer.amount <= _MOST:
        raise InvalidInput(f"amount must be from 1 to {_MOST} đồng", field="amount")
    if transfer.reference and not _REFERENCE.fullmatch(transfer.reference):
        raise InvalidInput("reference has up to 25 letters, digits, blanks or dashes", field="reference")
    made: str = QRPay(
        transfer.bank_bin, transfer.account, transfer.amount, transfer.reference or None,
        point_of_initiation_method="STATIC" if transfer.amount is None else "DYNAMIC").code
    # Money moves by this text: it leaves only if it says what was meant.
    if read(made) != transfer:
        raise InvalidInput("the payload does not read back as it was meant", field="payload")
    return made


def read(text: str) -> Transfer:
    """What a payload says. Raises InvalidInput for a broken, foreign or altered one."""
    try:
        found = QRPay.decode(text)
        amount = int(found.transaction_amount) if found.transaction_amount else None
    except (QRDecodeError, ValueError, TypeError) as error:
        raise InvalidInput("no VietQR payload", field="payload") from error
    if (found.transaction_currency, found.country_code) != (_CURRENCY, _COUNTRY):
        raise InvalidInput("a payload of another currency or country", field="payload")
    return Transfer(found.bin_id, found.consumer_id, amount, found.purpose_of_transaction or "")


def picture(text: str) -> str:
    """The QR code as an SVG element for a page; without inline styles."""
    return str(segno.make(text, error="m", micro=False).svg_inline(scale=4, border=4, omitsize=True))
