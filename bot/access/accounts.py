"""Accounts as their owners use them: signing in step by step, passwords, the second factor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from bot.access.model import AccessRules, Role, SignedIn, Staff, Stage
from bot.access.passwords import Passwords
from bot.access.people import People
from bot.access.second_factor import SecondFactor
from bot.access.sessions import Sessions
from bot.access.tables import StaffRow
from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.errors import Forbidden, InvalidInput, NotAuthenticated, NotFound, TooManyRequests
from common.keyring import Keyring

__all__ = ["Accounts"]

_LOCK = timedelta(minutes=15)
_TRIES = 5
_BY_PASSWORD, _BY_SSO = "password", "sso"


class Accounts:
    """Signs people in. `people` adds and changes them, `sessions` lists and ends sessions."""

    def __init__(self, database: Database, keyring: Keyring, rules: AccessRules | None = None) -> None:
        self.rules = rules or AccessRules()
        self._database = database
        self._passwords = Passwords()
        self._factor = SecondFactor(keyring)
        self.sessions = Sessions(database, keyring, self.rules)
        self.people = People(database, self._passwords, self._factor, self.sessions)

    # The first account, and what tests and the command line use.
    def add(self, name: str, role: Role, password: str = "") -> str:
        """Adds a person; returns the password. One generated here must be changed at the first sign-in.

        Raises InvalidInput, Conflict.
        """
        return self.people.add(name, role, password=password)

    def ensure_admin(self) -> str | None:
        """Creates `admin` where nobody may sign in yet; returns its password, once."""
        return self.people.ensure_admin()

    def names(self) -> list[tuple[str, str]]:
        """Name and role of everybody."""
        return self.people.names()

    def remove(self, name: str) -> bool:
        """Takes a person's access away at once; False when there is no such person. Raises Forbidden for the last
        administrator.
        """
        return self.people.remove(name)

    # Signing in
    def sign_in(self, name: str, password: str, device: str = "") -> SignedIn:
        """A new session. Raises NotAuthenticated (name or password wrong) or TooManyRequests (locked)."""
        with self._database.session(write=False) as session:
            row = session.get(StaffRow, name)
        if row is not None:
            _refuse_locked(row)
        right = self._passwords.right(row.password_hash if row else None, password)
        with self._database.session() as session:
            found = session.get(StaffRow, name, with_for_update=True)
            signed_in = None
            if found is not None:
                _refuse_locked(found)  # others may have tried meanwhile
                if right and not found.locked:
                    if self._passwords.outdated(found.password_hash):
                        found.password_hash = self._passwords.hash(password)
                    signed_in = self._open(session, found, _BY_PASSWORD, device)
                else:
                    _count_failure(session, found)
        if signed_in is None:
            raise NotAuthenticated("Tên đăng nhập hoặc mật khẩu chưa đúng.")
        return signed_in

    def sign_in_by_sso(self, name: str, device: str) -> SignedIn:
        """A new session for somebody whom the provider vouched for. Raises NotAuthenticated for a locked account."""
        with self._database.session() as session:
            row = session.get(StaffRow, name, with_for_update=True)
            if row is None or row.locked:
                raise NotAuthenticated("Tài khoản này không đăng nhập được, vui lòng liên hệ người quản trị.")
            return self._open(session, row, _BY_SSO, device)

    def enter_code(self, staff: Staff, code: str) -> SignedIn:
        """The app's code, or a recovery code. Raises NotAuthenticated, TooManyRequests."""
        with self._database.session() as session:
            row = _row(session, staff)
            _refuse_locked(row)
            if staff.stage is not Stage.CODE:
                raise Forbidden("Phiên làm việc này không chờ mã.")
            signed_in = None
            if self._factor.accepts(row, code):
                signed_in = self._advance(session, row, staff)
            elif self._factor.uses_up(session, row, code):
                record(session, row.name, "access.code_used", f"staff:{row.name}",
                       after={"codes_left": self._factor.left(session, row.name)})
                signed_in = self._advance(session, row, staff)
            else:
                _count_failure(session, row)
        if signed_in is None:
            raise NotAuthenticated("Mã chưa đúng hoặc đã dùng, vui lòng nhập mã mới.")
        return signed_in

    def signed_in(self, token: str, *, active: bool = True) -> Staff | None:
        """Whose session `token` is; None when it is none, over, or not yet complete. `active` counts as use."""
        staff = self.sessions.find(token, active=active)
        return staff if staff and staff.stage is Stage.FULL else None

    def sign_out(self, token: str) -> None:
        self.sessions.end(token)

    # One's own account
    def change_password(self, staff: Staff, current: str, wanted: str) -> SignedIn:
        """Another password. `current` is asked for except where the session waits for the change of a generated one
        that was typed a moment ago. Other sessions end. Raises InvalidInput, NotAuthenticated, TooManyRequests.
        """
        self._passwords.check(wanted, staff.name)
        if staff.stage not in (Stage.PASSWORD, Stage.FULL):
            raise Forbidden("Phiên làm việc này chưa đến bước đổi mật khẩu.")
        if staff.stage is Stage.FULL:
            self._prove(staff, current)
        with self._database.session() as session:
            row = _row(session, staff)
            if self._passwords.right(row.password_hash, wanted):
                raise InvalidInput("Mật khẩu mới phải khác mật khẩu cũ.", field="password")
            row.password_hash, row.must_change = self._passwords.hash(wanted), False
            ended = self.sessions.clear(session, row.name, staff.session)
            record(session, row.name, "access.password", f"staff:{row.name}", after={"sessions_ended": ended})
            return self._advance(session, row, staff)

    def second_factor(self, name: str) -> tuple[bool, int]:
        """Whether the second factor is on, and how many recovery codes are left."""
        with self._database.session(write=False) as session:
            row = session.get(StaffRow, name)
            return (row is not None and row.totp is not None), self._factor.left(session, name)

    def begin_factor(self, staff: Staff) -> tuple[str, str]:
        """The secret to set up and its address for the app. Raises InvalidInput where the factor is on already."""
        with self._database.session() as session:
            row = _row(session, staff)
            if row.totp is not None:
                raise InvalidInput("Xác thực hai lớp đang bật.")
            self._factor.begin(row)
            return self._factor.offered(row)

    def confirm_factor(self, staff: Staff, code: str) -> tuple[SignedIn, Sequence[str]]:
        """Turns the second factor on; returns the recovery codes, which are shown once. Other sessions end.

        Raises InvalidInput for a wrong code.
        """
        if staff.stage not in (Stage.ENROL, Stage.FULL):
            raise Forbidden("Phiên làm việc này chưa đến bước bật xác thực hai lớp.")
        with self._database.session() as session:
            row = _row(session, staff)
            codes = self._factor.confirm(session, row, code)
            ended = self.sessions.clear(session, row.name, staff.session)
            record(session, row.name, "access.factor_on", f"staff:{row.name}", after={"sessions_ended": ended})
            return self._advance(session, row, staff), codes

    def stop_factor(self, staff: Staff, password: str) -> SignedIn:
        """Turns the second factor off. Raises Forbidden where the role needs one; else as `change_password`."""
        if staff.role in self.rules.second_factor:
            raise Forbidden("Vai trò này bắt buộc xác thực hai lớp nên không tắt được.")
        self._prove(staff, password)
        with self._database.session() as session:
            row = _row(session, staff)
            self._factor.off(session, row)
            record(session, row.name, "access.factor_off", f"staff:{row.name}")
            return self.sessions.renew(session, staff.session, Stage.FULL)

    def new_codes(self, staff: Staff, password: str) -> Sequence[str]:
        """Other recovery codes. Raises InvalidInput where the factor is off; else as `change_password`."""
        self._prove(staff, password)
        with self._database.session() as session:
            row = _row(session, staff)
            if row.totp is None:
                raise InvalidInput("Xác thực hai lớp chưa bật.")
            record(session, row.name, "access.codes", f"staff:{row.name}")
            return self._factor.new_codes(session, row)

    def _prove(self, staff: Staff, password: str) -> None:
        """The password once more, before something that an unattended screen must not allow."""
        with self._database.session() as session:
            row = _row(session, staff)
            _refuse_locked(row)
            right = self._passwords.right(row.password_hash, password)
            if not right:
                _count_failure(session, row)
        if not right:
            raise NotAuthenticated("Mật khẩu hiện tại chưa đúng.")

    def _open(self, session: Session, row: StaffRow, method: str, device: str) -> SignedIn:
        stage = self._next(row, method, None)
        if stage is not Stage.CODE:  # else the code's tries would be counted from the start with each password
            row.failed, row.locked_until = 0, None
        if stage is Stage.FULL:
            _note_entry(session, row, method)
        return self.sessions.open(session, row.name, stage, method, device)

    def _advance(self, session: Session, row: StaffRow, staff: Staff) -> SignedIn:
        """Another token, for the next stage."""
        if staff.stage is Stage.FULL:
            return self.sessions.renew(session, staff.session, Stage.FULL)
        row.failed, row.locked_until = 0, None
        method = self.sessions.method(session, staff.session)
        stage = self._next(row, method, staff.stage)
        if stage is Stage.FULL:
            _note_entry(session, row, method)
        return self.sessions.renew(session, staff.session, stage)

    def _next(self, row: StaffRow, method: str, done: Stage | None) -> Stage:
        """The first stage after `done` that this person still has to pass."""
        by_sso = method == _BY_SSO
        trusted = by_sso and self.rules.trust_sso_factor
        lacking = {
            Stage.CODE: row.totp is not None and not trusted,
            Stage.PASSWORD: row.must_change and not by_sso,
            Stage.ENROL: row.totp is None and Role(row.role) in self.rules.second_factor and not trusted,
            Stage.FULL: True,
        }
        order = list(Stage)
        return next(stage for stage in order[order.index(done) + 1 if done else 0:] if lacking[stage])


def _row(session: Session, staff: Staff) -> StaffRow:
    row = session.get(StaffRow, staff.name, with_for_update=True)
    if row is None:
        raise NotFound(f"Không có tài khoản {staff.name}.")
    return row


def _note_entry(session: Session, row: StaffRow, method: str) -> None:
    record(session, row.name, "access.sign_in", f"staff:{row.name}", after={"method": method})


def _refuse_locked(row: StaffRow) -> None:
    if row.locked_until and row.locked_until > utc_now():
        wait = (row.locked_until - utc_now()).total_seconds()
        raise TooManyRequests("Tài khoản tạm khóa do nhập sai nhiều lần.", retry_after=wait)


def _count_failure(session: Session, row: StaffRow) -> None:
    row.failed += 1
    if row.failed >= _TRIES:
        row.failed, row.locked_until = 0, utc_now() + _LOCK
        record(session, "system", "access.tries_lock", f"staff:{row.name}",
               after={"minutes": int(_LOCK.total_seconds() // 60)})
