"""Who is at the desk: said by the person, believed only while their browser is heard."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from actions.messages import Messages
from bot.desk.tables import DeskAgentRow, DeskCaseRow
from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.errors import InvalidInput

__all__ = ["GONE_AFTER", "STATES", "Presence", "Present", "free", "loads"]

STATES = ("online", "busy", "away")
# A browser is heard every 20 s (`bot/console/desk/live.py`); two missed times and it is gone.
GONE_AFTER = timedelta(seconds=50)
_MOST = 50
_FRESH = timedelta(seconds=10)


@dataclass(frozen=True)
class Present:
    """A person at the desk. `state` is gone where the browser is no longer heard; `load` counts open conversations."""

    name: str
    state: str
    unit: str
    capacity: int
    own_capacity: int | None
    load: int
    since: datetime

    @property
    def free(self) -> bool:
        return self.state == "online" and self.load < self.capacity


class Presence:
    """Reads and writes presence.

    Args:
        capacity: conversations that a person without a number of their own is given at once.
    """

    def __init__(self, database: Database, texts: Messages, capacity: int) -> None:
        self._database, self._texts, self.capacity = database, texts, capacity

    def seen(self, name: str, unit: str = "") -> None:
        """The person's browser was heard just now. Whoever comes back after having been gone is busy until they say
        otherwise, so that nobody is given a conversation unawares."""
        now = utc_now()
        with self._database.session(write=False) as session:
            known = session.get(DeskAgentRow, name)
            if known and known.unit == unit and now - known.seen_at < _FRESH:
                return
        with self._database.session() as session:
            row = session.get(DeskAgentRow, name, with_for_update=True)
            if row is None:
                session.add(DeskAgentRow(name=name, state="busy", unit=unit, since=now, seen_at=now))
                return
            if now - row.seen_at > GONE_AFTER:
                row.state, row.since = "busy", now
            row.seen_at, row.unit = now, unit

    def say(self, name: str, state: str) -> None:
        """Sets what the person says of themselves. Raises InvalidInput."""
        if state not in STATES:
            raise InvalidInput(self._texts.render("problem.state"), field="state")
        now = utc_now()
        with self._database.session() as session:
            row = session.get(DeskAgentRow, name, with_for_update=True)
            if row is None:
                session.add(DeskAgentRow(name=name, state=state, unit="", since=now, seen_at=now))
            else:
                row.state, row.since, row.seen_at = state, now, now

    def of(self, name: str) -> Present:
        return next(
            (one for one in self.everybody((name,))),
            Present(name, "gone", "", self.capacity, None, 0, utc_now()))

    def everybody(self, names: Collection[str] = ()) -> list[Present]:
        """All who were ever at the desk (or those of `names`), by name."""
        with self._database.session(write=False) as session:
            return self.read(session, names)

    def read(self, session: Session, names: Collection[str] = ()) -> list[Present]:
        """As `everybody`, inside the caller's transaction."""
        query = select(DeskAgentRow).order_by(DeskAgentRow.name)
        if names:
            query = query.where(DeskAgentRow.name.in_(names))
        now, taken = utc_now(), loads(session)
        return [self._present(row, taken.get(row.name, 0), now) for row in session.scalars(query)]

    def bound(self, name: str, capacity: int | None, actor: str) -> None:
        """Gives a person a capacity of their own (None: the setting's again). Raises InvalidInput."""
        if capacity is not None and not 0 <= capacity <= _MOST:
            raise InvalidInput(self._texts.render("problem.capacity", most=_MOST), field="capacity")
        now = utc_now()
        with self._database.session() as session:
            row = session.get(DeskAgentRow, name, with_for_update=True)
            before = row.capacity if row else None
            if row is None:
                session.add(DeskAgentRow(
                    name=name, state="away", capacity=capacity, since=now, seen_at=now - 2 * GONE_AFTER))
            else:
                row.capacity = capacity
            record(session, actor, "desk.capacity", f"staff:{name}", before={"capacity": before},
                   after={"capacity": capacity})

    def _present(self, row: DeskAgentRow, load: int, now: datetime) -> Present:
        state = row.state if now - row.seen_at <= GONE_AFTER else "gone"
        bound = self.capacity if row.capacity is None else row.capacity
        return Present(row.name, state, row.unit, bound, row.capacity, load, row.since)


def loads(session: Session) -> dict[str, int]:
    """Open conversations by person."""
    query = (
        select(DeskCaseRow.agent, func.count()).where(DeskCaseRow.closed_at.is_(None), DeskCaseRow.agent.is_not(None))
        .group_by(DeskCaseRow.agent))
    return {str(name): count for name, count in session.execute(query)}


def free(people: Collection[Present], unit: str) -> list[Present]:
    """Those who could take a case of `unit` now; a case or a person without a unit fits everywhere."""
    return [one for one in people if one.free and (not unit or not one.unit or one.unit == unit)]
