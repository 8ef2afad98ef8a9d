"""Switches and notices: set by staff, read by every turn and page without a database query of its own.

What holds is read from the database at most once a second in each process, so an act is effective in every replica
within `FRESH_S` plus the read; in the process that acted, at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy import or_, select
from sqlalchemy.exc import SQLAlchemyError

from bot.switches.tables import PublicNoticeRow, SwitchRow
from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound

__all__ = ["CHANNELS", "FRESH_S", "Kind", "Level", "Notice", "State", "Switch", "Switches"]

FRESH_S = 1.0
CHANNELS = ("web", "zalo")
_LONGEST = 500
_LONGEST_NOTICE = timedelta(days=92)
_log = structlog.get_logger(__name__)


class Kind(StrEnum):
    """What can be switched off."""

    BOT = "bot"
    CHANNEL = "channel"
    GUIDE = "guide"


class Level(StrEnum):
    """How urgent a notice is."""

    NOTICE = "notice"
    EMERGENCY = "emergency"


@dataclass(frozen=True)
class Switch:
    """Something that is off. The reason is for staff."""

    id: int
    kind: Kind
    target: str
    reason: str
    actor: str
    since: datetime
    until: datetime | None
    ended_at: datetime | None
    ended_by: str

    def holds(self, now: datetime) -> bool:
        return self.ended_at is None and (self.until is None or self.until > now)


@dataclass(frozen=True)
class Notice:
    """A sentence for everybody."""

    id: int
    level: Level
    text: str
    actor: str
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    ended_by: str

    def holds(self, now: datetime) -> bool:
        return self.ended_at is None and self.starts_at <= now < self.ends_at


@dataclass(frozen=True)
class State:
    """What was off, and announced, when the database was last read."""

    switches: tuple[Switch, ...] = ()
    announced: tuple[Notice, ...] = ()
    read_at: float = field(default=float("-inf"), compare=False)

    def bot(self, channel: str, now: datetime | None = None) -> Switch | None:
        """The switch that keeps the bot from answering in `channel`, if there is one."""
        return self._first({(Kind.BOT, ""), (Kind.CHANNEL, channel)}, now)

    def guide(self, code: str, now: datetime | None = None) -> Switch | None:
        """The switch that withholds the answers of a guide, if there is one."""
        return self._first({(Kind.GUIDE, code)}, now)

    def notices(self, now: datetime | None = None) -> Sequence[Notice]:
        """What is announced at this moment, emergencies first."""
        moment = now or utc_now()
        current = [notice for notice in self.announced if notice.holds(moment)]
        return sorted(current, key=lambda notice: (notice.level is not Level.EMERGENCY, notice.starts_at, notice.id))

    def _first(self, wanted: set[tuple[Kind, str]], now: datetime | None) -> Switch | None:
        if not self.switches:
            return None
        moment = now or utc_now()
        return next((one for one in self.switches if (one.kind, one.target) in wanted and one.holds(moment)), None)


class Switches:
    """Switches things off and on, announces, and tells what holds. Safe for threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._state = State()
        self._reading = threading.Lock()

    @property
    def fresh(self) -> bool:
        """Whether `state` answers without a look at the database."""
        return self._state.read_at + FRESH_S > time.monotonic()

    def state(self) -> State:
        """What holds, at most a second old. While the database is away, what held before."""
        if self.fresh:
            return self._state
        with self._reading:
            if not self.fresh:
                self._state = self._read()
            return self._state

    def withheld(self, code: str) -> bool:
        """Whether the answers of this guide are withheld."""
        return self.state().guide(code) is not None

    def off(self, kind: Kind, target: str, reason: str, actor: str, until: datetime | None = None) -> None:
        """Switches something off. Raises InvalidInput, Conflict where it is off already."""
        if kind is Kind.CHANNEL and target not in CHANNELS:
            raise InvalidInput("Không có kênh này.", field="target")
        said = _sentence(reason, "Vui lòng ghi lý do tạm ngừng.", "reason")
        now = utc_now()
        if until is not None and until <= now:
            raise InvalidInput("Thời điểm mở lại phải ở sau lúc này.", field="until")
        with self._database.session() as session:
            standing = session.scalars(select(SwitchRow).where(
                SwitchRow.kind == kind.value, SwitchRow.target == target, SwitchRow.ended_at.is_(None),
                or_(SwitchRow.until.is_(None), SwitchRow.until > now)))
            if standing.first():
                raise Conflict("Mục này đang tạm ngừng rồi; tải lại trang để xem.")
            session.add(SwitchRow(kind=kind.value, target=target, reason=said, actor=actor, since=now, until=until))
            record(
                session, actor, "switch.off", _subject(kind, target), reason=said,
                after={"until": until.isoformat(timespec="minutes")} if until else None)
        self._forget()

    def on(self, id: int, actor: str) -> None:
        """Ends a switch. Raises NotFound, Conflict where it has ended already."""
        with self._database.session() as session:
            row = session.get(SwitchRow, id, with_for_update=True)
            if row is None:
                raise NotFound("Không có mục tạm ngừng này.")
            if row.ended_at is not None:
                raise Conflict("Mục này đã được mở lại rồi.")
            row.ended_at, row.ended_by = utc_now(), actor
            record(session, actor, "switch.on", _subject(Kind(row.kind), row.target))
        self._forget()

    def announce(self, level: Level, text: str, starts_at: datetime, ends_at: datetime, actor: str) -> None:
        """Tells everybody something for a time. Raises InvalidInput."""
        said = _sentence(text, "Vui lòng nhập nội dung thông báo.", "text")
        now = utc_now()
        if ends_at <= starts_at or ends_at <= now:
            raise InvalidInput("Thời điểm kết thúc phải ở sau lúc bắt đầu và sau lúc này.", field="ends_at")
        if ends_at - max(starts_at, now) > _LONGEST_NOTICE:
            raise InvalidInput("Thông báo đăng tối đa 3 tháng; cần lâu hơn thì đăng lại.", field="ends_at")
        row = PublicNoticeRow(level=level.value, text=said, actor=actor, starts_at=starts_at, ends_at=ends_at)
        with self._database.session() as session:
            session.add(row)
            session.flush()
            record(session, actor, "notice.add", f"notice:{row.id}", after={
                "level": level.value, "text": said, "starts_at": starts_at.isoformat(timespec="minutes"),
                "ends_at": ends_at.isoformat(timespec="minutes")})
        self._forget()

    def withdraw(self, id: int, actor: str) -> None:
        """Takes a notice down. Raises NotFound, Conflict where it is over."""
        with self._database.session() as session:
            row = session.get(PublicNoticeRow, id, with_for_update=True)
            if row is None:
                raise NotFound("Không có thông báo này.")
            if row.ended_at is not None or row.ends_at <= utc_now():
                raise Conflict("Thông báo này đã kết thúc.")
            row.ended_at, row.ended_by = utc_now(), actor
            record(session, actor, "notice.end", f"notice:{id}", before={"text": row.text})
        self._forget()

    def past(self, page: int = 1, size: int = 50) -> Sequence[Switch]:
        """All switches, the newest first; one more than `size` where more follow."""
        wanted = select(SwitchRow).order_by(SwitchRow.id.desc()).offset((page - 1) * size).limit(size + 1)
        with self._database.session(write=False) as session:
            return [_switch(row) for row in session.scalars(wanted)]

    def standing(self) -> Sequence[Switch]:
        """What is off now, read anew."""
        return self._read().switches

    def upcoming(self) -> Sequence[Notice]:
        """Notices that are shown now or will be."""
        return [notice for notice in self._read().announced if notice.ended_at is None]

    def _read(self) -> State:
        """Two small queries. A database that doesn't answer changes nothing for citizens."""
        now = utc_now()
        off = select(SwitchRow).where(
            SwitchRow.ended_at.is_(None), or_(SwitchRow.until.is_(None), SwitchRow.until > now)).order_by(SwitchRow.id)
        told = select(PublicNoticeRow).where(
            PublicNoticeRow.ended_at.is_(None), PublicNoticeRow.ends_at > now).order_by(PublicNoticeRow.starts_at)
        begun = time.monotonic()
        try:
            with self._database.session(write=False) as session:
                return State(
                    tuple(_switch(row) for row in session.scalars(off)),
                    tuple(_notice(row) for row in session.scalars(told)), begun)
        except SQLAlchemyError as error:
            _log.error("switches_unread", cause=type(error).__name__)
            return State(self._state.switches, self._state.announced, begun)

    def _forget(self) -> None:
        with self._reading:
            self._state = State(self._state.switches, self._state.announced)


def _subject(kind: Kind, target: str) -> str:
    return "bot" if kind is Kind.BOT else f"{kind}:{target}"


def _sentence(text: str, missing: str, where: str) -> str:
    said = " ".join(text.split())
    if not said:
        raise InvalidInput(missing, field=where)
    if len(said) > _LONGEST:
        raise InvalidInput(f"Nội dung dài quá {_LONGEST} ký tự.", field=where)
    return said


def _switch(row: SwitchRow) -> Switch:
    return Switch(
        row.id, Kind(row.kind), row.target, row.reason, row.actor, row.since, row.until, row.ended_at, row.ended_by)


def _notice(row: PublicNoticeRow) -> Notice:
    return Notice(
        row.id, Level(row.level), row.text, row.actor, row.starts_at, row.ends_at, row.ended_at, row.ended_by)
