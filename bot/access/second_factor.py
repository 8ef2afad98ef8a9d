"""The second factor: one-time codes of an app (TOTP, RFC 6238) and recovery codes for a lost telephone."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

import pyotp
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.access.tables import RecoveryCodeRow, StaffRow
from common.clock import utc_now
from common.errors import InvalidInput
from common.keyring import Keyring

__all__ = ["RECOVERY_CODES", "SecondFactor"]

RECOVERY_CODES = 10
_ISSUER = "iSee"
# A telephone's clock may be one step of 30 s early or late (RFC 6238, section 5.2).
_DRIFT = (0, -1, 1)
_STEP_S = 30


class SecondFactor:
    """Works on rows of staff inside the caller's transaction. Secrets are sealed, recovery codes kept as digests."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def begin(self, row: StaffRow) -> None:
        """Makes a secret to be set up, unless one waits already (a reloaded page shows the same one)."""
        if row.totp_new is None:
            row.totp_new = self._keyring.encrypt(pyotp.random_base32())

    def offered(self, row: StaffRow) -> tuple[str, str]:
        """The waiting secret and its `otpauth` address, for the app to scan; two empty texts when none waits."""
        if row.totp_new is None:
            return "", ""
        secret = self._keyring.decrypt(row.totp_new).decode()
        return secret, pyotp.TOTP(secret).provisioning_uri(name=row.name, issuer_name=_ISSUER)

    def confirm(self, session: Session, row: StaffRow, code: str) -> Sequence[str]:
        """Turns the waiting secret on once its first code is right; returns new recovery codes.

        Raises InvalidInput for a wrong code, or when no secret waits.
        """
        if row.totp_new is None:
            raise InvalidInput("Chưa có mã QR để quét, vui lòng tải lại trang.", field="code")
        step = self._matched(row.totp_new, code, utc_now(), after=0)
        if step is None:
            raise InvalidInput("Mã chưa đúng. Kiểm tra giờ của điện thoại rồi nhập mã đang hiện.", field="code")
        row.totp, row.totp_new, row.totp_step = row.totp_new, None, step
        return self.new_codes(session, row)

    def accepts(self, row: StaffRow, code: str, now: datetime | None = None) -> bool:
        """Whether `code` is the app's code now, one step early or late, and newer than the last one accepted."""
        if row.totp is None:
            return False
        step = self._matched(row.totp, code, now or utc_now(), after=row.totp_step)
        if step is None:
            return False
        row.totp_step = step
        return True

    def uses_up(self, session: Session, row: StaffRow, code: str) -> bool:
        """Whether `code` is one of the recovery codes left; it is then gone."""
        found = session.get(RecoveryCodeRow, self._digest(row.name, code), with_for_update=True)
        if found is None or found.name != row.name:
            return False
        session.delete(found)
        return True

    def new_codes(self, session: Session, row: StaffRow) -> Sequence[str]:
        """Ten recovery codes; earlier ones are void."""
        self._forget_codes(session, row.name)
        codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
        session.add_all(RecoveryCodeRow(digest=self._digest(row.name, code), name=row.name) for code in codes)
        return codes

    def left(self, session: Session, name: str) -> int:
        """How many recovery codes have not been used."""
        wanted = select(func.count()).select_from(RecoveryCodeRow).where(RecoveryCodeRow.name == name)
        return session.scalar(wanted) or 0

    def off(self, session: Session, row: StaffRow) -> None:
        row.totp, row.totp_new, row.totp_step = None, None, 0
        self._forget_codes(session, row.name)

    def _matched(self, sealed: bytes, code: str, now: datetime, *, after: int) -> int | None:
        """The time step whose code this is, if it is later than `after`."""
        digits = "".join(code.split())
        totp = pyotp.TOTP(self._keyring.decrypt(sealed).decode())
        current = int(now.timestamp()) // _STEP_S
        found = [
            current + drift for drift in _DRIFT
            if hmac.compare_digest(totp.at(now, counter_offset=drift).encode(), digits.encode())
        ]
        return next((step for step in found if step > after), None)

    def _forget_codes(self, session: Session, name: str) -> None:
        session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.name == name))

    def _digest(self, name: str, code: str) -> str:
        plain = "".join(letter for letter in code.lower() if letter.isalnum())
        return self._keyring.digest("staff-recovery", f"{name}:{plain}")


def _recovery_code() -> str:
    """50 random bits, easy to copy: "k3mv7-q2xhd"."""
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()[:10]
    return f"{text[:5]}-{text[5:]}"
