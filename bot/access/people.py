"""Accounts as an administrator keeps them: added, changed, locked, reset, removed. Every act is in the audit log."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot.access.model import Person, Role
from bot.access.passwords import Passwords
from bot.access.second_factor import SecondFactor
from bot.access.sessions import Sessions
from bot.access.tables import StaffRow
from common.audit import record
from common.database import Database
from common.errors import Conflict, Forbidden, InvalidInput, NotFound

__all__ = ["People"]

_NAME = re.compile(r"^[a-z][a-z0-9._-]{1,63}$")
_EMAIL = re.compile(r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$")
_SYSTEM = "system"


class People:
    """Nobody removes, demotes or locks himself or the last administrator."""

    def __init__(
        self, database: Database, passwords: Passwords, factor: SecondFactor, sessions: Sessions
    ) -> None:
        self._database, self._passwords, self._factor, self._sessions = database, passwords, factor, sessions

    def add(
        self,
        name: str,
        role: Role,
        *,
        password: str = "",
        display_name: str = "",
        unit: str = "",
        email: str = "",
        actor: str = _SYSTEM,
    ) -> str:
        """Adds a person; returns the password, generated (and to be changed at once) when none is given.

        Raises InvalidInput, Conflict.
        """
        if not _NAME.match(name):
            raise InvalidInput("Tên đăng nhập gồm 2–64 chữ thường, số, dấu chấm, gạch; bắt đầu bằng chữ.", field="name")
        if password:
            self._passwords.check(password, name)
        chosen = password or self._passwords.generated()
        row = StaffRow(
            name=name, role=role.value, password_hash=self._passwords.hash(chosen), must_change=not password,
            display_name=_line(display_name, 100), unit=_line(unit, 120), email=_email(email))
        with self._database.session() as session:
            if session.get(StaffRow, name):
                raise Conflict(f"Đã có tài khoản {name}.")
            _refuse_taken(session, row.email, name)
            session.add(row)
            record(session, actor, "access.add", f"staff:{name}", after=_facts(row))
        return chosen

    def shown_name(self, name: str) -> str:
        """The name that a person goes by; "" where none was given, since the sign-in name is nobody else's business."""
        with self._database.session(write=False) as session:
            return session.scalar(select(StaffRow.display_name).where(StaffRow.name == name)) or ""

    def titles(self, names: Collection[str]) -> dict[str, str]:
        """What colleagues call the people of `names`: the shown name, else the sign-in name."""
        with self._database.session(write=False) as session:
            rows = session.execute(select(StaffRow.name, StaffRow.display_name).where(StaffRow.name.in_(names)))
            return {name: shown or name for name, shown in rows}

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

    def page(self, words: str = "", role: Role | None = None, page: int = 1, size: int = 50) -> Sequence[Person]:
        """People whose name, display name or unit holds `words`, by name; one more than `size` where more follow."""
        wanted = select(StaffRow).order_by(StaffRow.name).offset((page - 1) * size).limit(size + 1)
        if words:
            wanted = wanted.where(or_(*(
                column.icontains(words, autoescape=True)
                for column in (StaffRow.name, StaffRow.display_name, StaffRow.unit))))
        if role:
            wanted = wanted.where(StaffRow.role == role.value)
        with self._database.session(write=False) as session:
            return [_person(row) for row in session.scalars(wanted)]

    def get(self, name: str) -> Person:
        """Raises NotFound."""
        with self._database.session(write=False) as session:
            return _person(_found(session, name))

    def units(self) -> Sequence[str]:
        """The units that somebody belongs to, by name."""
        wanted = select(StaffRow.unit).where(StaffRow.unit != "").distinct().order_by(StaffRow.unit)
        with self._database.session(write=False) as session:
            return list(session.scalars(wanted))

    def change(
        self, name: str, *, role: Role, display_name: str, unit: str, email: str, actor: str, reason: str = ""
    ) -> None:
        """Sets what is known of a person. With another role all their sessions end. Raises NotFound, Forbidden,
        InvalidInput, Conflict.
        """
        with self._database.session() as session:
            row = _found(session, name, lock=True)
            before = _facts(row)
            if role.value != row.role:
                _refuse_self(name, actor, "đổi vai trò của chính mình")
                if role is not Role.ADMIN:
                    _refuse_last_admin(session, row)
                self._sessions.clear(session, name)
            row.role, row.display_name, row.unit = role.value, _line(display_name, 100), _line(unit, 120)
            row.email = _email(email)
            _refuse_taken(session, row.email, name)
            after = _facts(row)
            changed = [field for field in after if after[field] != before[field]]
            if changed:
                record(
                    session, actor, "access.change", f"staff:{name}", reason=reason,
                    before={field: before[field] for field in changed},
                    after={field: after[field] for field in changed})

    def lock(self, name: str, actor: str, reason: str) -> None:
        """Keeps a person out until unlocked; their sessions end. Raises NotFound, Forbidden."""
        with self._database.session() as session:
            row = _found(session, name, lock=True)
            _refuse_self(name, actor, "khóa tài khoản của chính mình")
            _refuse_last_admin(session, row)
            row.locked = True
            self._sessions.clear(session, name)
            record(session, actor, "access.lock", f"staff:{name}", reason=reason)

    def unlock(self, name: str, actor: str) -> None:
        """Lets a person in again, also after too many tries. Raises NotFound."""
        with self._database.session() as session:
            row = _found(session, name, lock=True)
            row.locked, row.locked_until, row.failed = False, None, 0
            record(session, actor, "access.unlock", f"staff:{name}")

    def reset_password(self, name: str, actor: str) -> str:
        """A new generated password, to be changed at the next sign-in; sessions end. Raises NotFound."""
        password = self._passwords.generated()
        with self._database.session() as session:
            row = _found(session, name, lock=True)
            row.password_hash, row.must_change = self._passwords.hash(password), True
            row.failed, row.locked_until = 0, None
            self._sessions.clear(session, name)
            record(session, actor, "access.password_reset", f"staff:{name}")
        return password

    def reset_factor(self, name: str, actor: str) -> None:
        """Forgets the second factor and the tie to the provider's account; sessions end. Raises NotFound."""
        with self._database.session() as session:
            row = _found(session, name, lock=True)
            self._factor.off(session, row)
            row.sso = None
            self._sessions.clear(session, name)
            record(session, actor, "access.factor_reset", f"staff:{name}")

    def remove(self, name: str, actor: str = _SYSTEM, reason: str = "") -> bool:
        """Takes a person's access away at once; False when there is no such person. Raises Forbidden."""
        with self._database.session() as session:
            row = session.get(StaffRow, name, with_for_update=True)
            if row is None:
                return False
            _refuse_self(name, actor, "xóa tài khoản của chính mình")
            _refuse_last_admin(session, row)
            self._sessions.clear(session, name)
            self._factor.off(session, row)
            session.delete(row)
            record(session, actor, "access.remove", f"staff:{name}", before=_facts(row), reason=reason)
            return True

    def by_sso(self, identity: str, email: str) -> str | None:
        """The account that a provider's login belongs to: the one tied to `identity` (a digest of issuer and subject),
        else the one account with the verified `email` that is tied to nobody yet, which is tied now. Never a new one.
        """
        with self._database.session() as session:
            tied = session.scalar(select(StaffRow).where(StaffRow.sso == identity))
            if tied is not None:
                return tied.name
            wanted = select(StaffRow).where(func.lower(StaffRow.email) == email.lower(), StaffRow.sso.is_(None))
            found = list(session.scalars(wanted.with_for_update())) if email else []
            if len(found) != 1:
                return None
            found[0].sso = identity
            record(session, found[0].name, "access.sso_link", f"staff:{found[0].name}")
            return found[0].name


def _found(session: Session, name: str, *, lock: bool = False) -> StaffRow:
    row = session.get(StaffRow, name, with_for_update=lock or None)
    if row is None:
        raise NotFound(f"Không có tài khoản {name}.")
    return row


def _refuse_self(name: str, actor: str, act: str) -> None:
    if name == actor:
        raise Forbidden(f"Không thể {act}; việc này cần một người quản trị khác.")


def _refuse_last_admin(session: Session, row: StaffRow) -> None:
    if row.role != Role.ADMIN:
        return
    others = select(StaffRow.name).where(
        StaffRow.role == Role.ADMIN.value, StaffRow.name != row.name, StaffRow.locked.is_(False))
    if not list(session.scalars(others.with_for_update())):
        raise Forbidden("Đây là người quản trị cuối cùng; cần có một người quản trị khác trước.")


def _refuse_taken(session: Session, email: str, name: str) -> None:
    if not email:
        return
    wanted = select(StaffRow.name).where(func.lower(StaffRow.email) == email.lower(), StaffRow.name != name)
    if session.scalar(wanted):
        raise Conflict("Địa chỉ thư này đã thuộc về một tài khoản khác.")


def _line(text: str, longest: int) -> str:
    return " ".join(text.split())[:longest]


def _email(text: str) -> str:
    email = text.strip()
    if email and (len(email) > 200 or not _EMAIL.match(email)):
        raise InvalidInput("Địa chỉ thư điện tử chưa đúng dạng ten@coquan.vn.", field="email")
    return email


def _facts(row: StaffRow) -> dict[str, str]:
    return {"role": row.role, "display_name": row.display_name, "unit": row.unit, "email": row.email}


def _person(row: StaffRow) -> Person:
    return Person(
        row.name, Role(row.role), row.display_name, row.unit, row.email, row.locked, row.locked_until, row.must_change,
        row.totp is not None, row.sso is not None, row.created_at)
