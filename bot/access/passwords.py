"""Passwords: what is accepted, and how they are kept (argon2id, RFC 9106)."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from common.errors import InvalidInput

__all__ = ["LONGEST", "SHORTEST", "Passwords"]

SHORTEST = 12
LONGEST = 200
_FEWEST_DIFFERENT = 5


@cache
def _nobody() -> str:
    """Verified when a name is unknown, so that the answer takes as long as for a known one."""
    return PasswordHasher().hash(secrets.token_hex(16))


class Passwords:
    """Hashes and checks. Safe for threads."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()

    @staticmethod
    def generated() -> str:
        return secrets.token_urlsafe(12)

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def right(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one behind `stored` (None: nobody's)."""
        try:
            return self._hasher.verify(stored or _nobody(), password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, stored: str) -> bool:
        """Whether `stored` was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    @staticmethod
    def check(password: str, name: str) -> None:
        """Raises InvalidInput for a password that is short, long or easily guessed."""
        if len(password) < SHORTEST:
            raise InvalidInput(f"Mật khẩu cần ít nhất {SHORTEST} ký tự.", field="password")
        if len(password) > LONGEST:
            raise InvalidInput(f"Mật khẩu dài quá {LONGEST} ký tự.", field="password")
        if name in password.lower():
            raise InvalidInput("Mật khẩu không được chứa tên đăng nhập.", field="password")
        if len(set(password)) < _FEWEST_DIFFERENT:
            raise InvalidInput("Mật khẩu lặp lại quá ít ký tự nên dễ đoán, vui lòng chọn mật khẩu khác.",
                               field="password")
