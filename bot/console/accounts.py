"""Staff accounts: argon2 passwords, lock-out, sessions that end by themselves."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, func, select

from bot.console.tables import StaffRow, StaffSessionRow
from common.clock import utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, NotAuthenticated, TooManyRequests
from common.keyring import Keyring

__all__ = ["Accounts", "Role", "Staff"]

SESSION_LIFE = timedelta(hours=8)
_LOCK = timedelta(minutes=15)
_TRIES = 5
_SHORTEST = 12
_NAME = re.compile(r"^[a-z][a-z0-9._-]{1,63}$")
# Verified when the name is unknown, so that the answer takes as long as for a known one.
_NOBODY = PasswordHasher().hash(secrets.token_hex(16))


class Role(StrEnum):
    """What a person does. Which pages each role opens stands in `bot.console.areas`.

    admin: accounts, and everything else; manager: steers, overrides; curator: guides and questions left open;
    agent: answers citizens; officer: processes dossiers; assistant: helps at a counter.
    """

    ADMIN = "admin"
    MANAGER = "manager"
    CURATOR = "curator"
    AGENT = "agent"
    OFFICER = "officer"
    ASSISTANT = "assistant"


@dataclass(frozen=True)
class Staff:
    """Who is signed in; `csrf` guards the forms of this session."""

    name: str
    role: Role
    csrf: str = ""


class Accounts:
    """Adds people, checks passwords, keeps sessions."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database, self._keyring = database, keyring
        self._hasher = PasswordHasher()

    def add(self, name: str, role: Role, password: str = "") -> str:
        """Adds a person; returns the password, generated when none is given. Raises InvalidInput, Conflict."""
        if not _NAME.match(name):
            raise InvalidInput("Tên đăng nhập gồm 2–64 chữ thường, số, dấu chấm, gạch; bắt đầu bằng chữ.", field="name")
        if password and len(password) < _SHORTEST:
            raise InvalidInput(f"Mật khẩu cần ít nhất {_SHORTEST} ký tự.", field="password")
        password = password or secrets.token_urlsafe(12)
        with self._database.session() as session:
            if session.get(StaffRow, name):
                raise Conflict(f"Đã có tài khoản {name}.")
            session.add(StaffRow(name=name, role=role.value, password_hash=self._hasher.hash(password)))
        return password

    def ensure_admin(self) -> str | None:
        """Creates `admin` where nobody may sign in yet; returns its password, once."""
        with self._database.session(write=False) as session:
            if session.scalar(select(func.count()).select_from(StaffRow)):
                return None
        try:
            return self.add("admin", Role.ADMIN)
        except Conflict:  # another replica was faster
            return None

    def names(self) -> list[tuple[str, str]]:
        """Name and role of everybody."""
        with self._database.session(write=False) as session:
            return [(row.name, row.role) for row in session.scalars(select(StaffRow).order_by(StaffRow.name))]

    def remove(self, name: str) -> bool:
        """Takes a person's access away at once; False when there is no such person."""
        with self._database.session() as session:
            row = session.get(StaffRow, name)
            if row is None:
                return False
            session.execute(delete(StaffSessionRow).where(StaffSessionRow.name == name))
            session.delete(row)
            return True

    def sign_in(self, name: str, password: str) -> str:
        """A new session's token. Raises NotAuthenticated (name or password wrong) or TooManyRequests (locked)."""
        with self._database.session(write=False) as session:
            row = session.get(StaffRow, name)
        if row and row.locked_until and row.locked_until > utc_now():
            wait = (row.locked_until - utc_now()).total_seconds()
            raise TooManyRequests("Tài khoản tạm khóa do nhập sai nhiều lần.", retry_after=wait)
        right = self._verify(row.password_hash if row else _NOBODY, password) and row is not None
        with self._database.session() as session:
            found = session.get(StaffRow, name, with_for_update=True)
            if not right or found is None:
                if found is not None:
                    _count_failure(found)
                token = None
            else:
                found.failed, found.locked_until = 0, None
                token = secrets.token_urlsafe(32)
                session.execute(delete(StaffSessionRow).where(StaffSessionRow.expires_at < utc_now()))
                session.add(
                    StaffSessionRow(
                        digest=self._digest(token),
                        name=name,
                        csrf=secrets.token_urlsafe(32),
                        expires_at=utc_now() + SESSION_LIFE,
                    )
                )
        if token is None:
            raise NotAuthenticated("Tên đăng nhập hoặc mật khẩu chưa đúng.")
        return token

    def signed_in(self, token: str) -> Staff | None:
        """Whose session `token` is; None when it is none or over."""
        if not token:
            return None
        with self._database.session(write=False) as session:
            row = session.get(StaffSessionRow, self._digest(token))
            if row is None or row.expires_at < utc_now():
                return None
            person = session.get(StaffRow, row.name)
            return Staff(person.name, Role(person.role), row.csrf) if person else None

    def sign_out(self, token: str) -> None:
        with self._database.session() as session:
            session.execute(delete(StaffSessionRow).where(StaffSessionRow.digest == self._digest(token)))

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerifyMismatchError, InvalidHashError):
            return False

    def _digest(self, token: str) -> str:
        return self._keyring.digest("staff-session", token)


def _count_failure(row: StaffRow) -> None:
    row.failed += 1
    if row.failed >= _TRIES:
        row.failed, row.locked_until = 0, utc_now() + _LOCK
