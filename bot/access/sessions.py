"""Sessions of staff: opened, found by their cookie, renewed with another token, ended."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.access.model import AccessRules, Role, SessionInfo, SignedIn, Staff, Stage
from bot.access.tables import StaffRow, StaffSessionRow
from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.errors import NotFound
from common.keyring import Keyring

__all__ = ["Sessions", "device_name"]

# How long somebody may take over a code, a new password or setting up the second factor.
_STAGE_LIFE = timedelta(minutes=10)
# The time of last use is written at most this often.
_TOUCH = timedelta(minutes=1)
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("coc_coc", "Cốc Cốc"), ("Firefox", "Firefox"), ("Chrome", "Chrome"),
             ("Safari", "Safari"))
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
            ("Mac OS", "macOS"), ("Linux", "Linux"))


class Sessions:
    """Keeps sessions in the database, tokens as keyed digests."""

    def __init__(self, database: Database, keyring: Keyring, rules: AccessRules) -> None:
        self._database, self._keyring, self._rules = database, keyring, rules

    def open(self, session: Session, name: str, stage: Stage, method: str, device: str) -> SignedIn:
        """A new session, in the caller's transaction. Old ones that are over are cleared away."""
        now = utc_now()
        session.execute(delete(StaffSessionRow).where(StaffSessionRow.expires_at < now))
        token = secrets.token_urlsafe(32)
        session.add(StaffSessionRow(
            id=secrets.token_hex(8), digest=self._digest(token), name=name, csrf=secrets.token_urlsafe(32),
            stage=stage.value, method=method, device=device[:80], created_at=now, used_at=now,
            expires_at=now + (self._rules.life if stage is Stage.FULL else _STAGE_LIFE)))
        return SignedIn(token, stage)

    def renew(self, session: Session, id: str, stage: Stage) -> SignedIn:
        """Another token for a session whose rights change, in the caller's transaction: the old one is worth nothing.

        A session that becomes full begins its life now. Raises NotFound when it has ended meanwhile.
        """
        row = session.get(StaffSessionRow, id, with_for_update=True)
        if row is None:
            raise NotFound("Phiên làm việc đã kết thúc, vui lòng đăng nhập lại.")
        token = secrets.token_urlsafe(32)
        if stage is Stage.FULL and row.stage != Stage.FULL:
            row.expires_at = utc_now() + self._rules.life
        row.digest, row.csrf, row.stage = self._digest(token), secrets.token_urlsafe(32), stage.value
        return SignedIn(token, stage)

    def find(self, token: str, *, active: bool = True) -> Staff | None:
        """Whose session `token` is, whatever its stage; None when it is none or over. `active` counts as use."""
        if not token:
            return None
        now = utc_now()
        with self._database.session(write=False) as session:
            found = session.execute(
                select(StaffSessionRow, StaffRow).join(StaffRow, StaffRow.name == StaffSessionRow.name)
                .where(StaffSessionRow.digest == self._digest(token))).first()
        if found is None:
            return None
        row, person = found
        if row.expires_at < now or row.used_at + self._rules.idle < now or person.locked:
            return None
        if active and row.used_at + _TOUCH < now:
            self._touch(row.id)
        return Staff(
            person.name, Role(person.role), row.csrf, person.display_name, person.unit, person.email, row.id,
            Stage(row.stage))

    def method(self, session: Session, id: str) -> str:
        """How the session was opened: password or sso."""
        row = session.get(StaffSessionRow, id)
        return row.method if row else ""

    def of(self, name: str) -> Sequence[SessionInfo]:
        """The sessions of a person that are not over, the latest used first."""
        now = utc_now()
        wanted = (
            select(StaffSessionRow)
            .where(StaffSessionRow.name == name, StaffSessionRow.expires_at > now,
                   StaffSessionRow.used_at > now - self._rules.idle, StaffSessionRow.stage == Stage.FULL.value)
            .order_by(StaffSessionRow.used_at.desc()))
        with self._database.session(write=False) as session:
            return [SessionInfo(row.id, row.device, row.created_at, row.used_at) for row in session.scalars(wanted)]

    def end(self, token: str) -> None:
        """Signs out."""
        with self._database.session() as session:
            session.execute(delete(StaffSessionRow).where(StaffSessionRow.digest == self._digest(token)))

    def revoke(self, name: str, id: str, actor: str) -> None:
        """Ends one session of a person. Raises NotFound for one that isn't theirs or has ended."""
        with self._database.session() as session:
            row = session.get(StaffSessionRow, id)
            if row is None or row.name != name:
                raise NotFound("Không còn phiên làm việc này.")
            session.delete(row)
            record(session, actor, "access.sessions_end", f"staff:{name}", before={"device": row.device})

    def revoke_all(self, name: str, actor: str, but: str = "") -> int:
        """Ends all sessions of a person but one; returns how many."""
        with self._database.session() as session:
            ended = self.clear(session, name, but)
            record(session, actor, "access.sessions_end", f"staff:{name}", before={"sessions": ended})
            return ended

    def clear(self, session: Session, name: str, but: str = "") -> int:
        """The same in the caller's transaction, as part of another act."""
        ids = list(session.scalars(
            select(StaffSessionRow.id).where(StaffSessionRow.name == name, StaffSessionRow.id != but)))
        session.execute(delete(StaffSessionRow).where(StaffSessionRow.id.in_(ids)))
        return len(ids)

    def _touch(self, id: str) -> None:
        with self._database.session() as session:
            row = session.get(StaffSessionRow, id)
            if row is not None:
                row.used_at = utc_now()

    def _digest(self, token: str) -> str:
        return self._keyring.digest("staff-session", token)


def device_name(user_agent: str) -> str:
    """"Chrome, Windows" from a browser's own description; what isn't known is left out."""
    browser = next((name for mark, name in _BROWSERS if re.search(rf"{mark}\w*/", user_agent)), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return ", ".join(part for part in (browser, system) if part) or "Thiết bị khác"
