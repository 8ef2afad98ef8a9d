"""The durable queue of events: written before the webhook answers, worked off later. Call from worker threads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Row, Table, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as insert_postgres
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.orm import Session

from bot.zalo.alarms import Alarms
from bot.zalo.events import SIGNALS
from bot.zalo.model import Event
from bot.zalo.tables import ZaloEventRow
from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.keyring import Keyring

__all__ = ["DELAYS", "KEEP", "DeadEvent", "EventQueue", "Figures", "Queued"]

# Repeats are known for this long (SPEC 3.5), and what failed can be tried again by hand.
KEEP = timedelta(days=7)
KEEP_DEAD = timedelta(days=30)
# When an event that failed is tried again; after the last it is dead.
DELAYS = (timedelta(seconds=2), timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
# An event that failed holds the citizen's later ones back for so many tries, then lets them pass.
_HOLDING_TRIES = 2
# So many of the events that wait longest are looked at for citizens to work for: the index gives them without sorting.
_LOOK_AT = 200
# A location is sensitive: one that can't be answered is not kept for later.
_NEVER_KEPT = frozenset({"user_send_location"})
_CONTENT = (
    ZaloEventRow.id, ZaloEventRow.key, ZaloEventRow.subject, ZaloEventRow.name, ZaloEventRow.sealed, ZaloEventRow.tries)


@dataclass(frozen=True)
class Queued:
    """An event to work off; `raw` is the body as it came."""

    id: int
    key: str
    subject: str
    name: str
    raw: bytes
    tries: int


@dataclass(frozen=True)
class DeadEvent:
    """An event that was given up; what it says is not shown. `kept` is False where it can't be tried again."""

    id: int
    name: str
    subject: str
    error: str
    tries: int
    received_at: datetime
    kept: bool


@dataclass(frozen=True)
class Figures:
    """How the queue stands; `oldest` is when the event that waits longest came in."""

    waiting: int
    dead: int
    oldest: datetime | None


class EventQueue:
    """Events in `zalo_events`, sealed until they are settled."""

    def __init__(self, database: Database, keyring: Keyring, alarms: Alarms) -> None:
        self._database, self._keyring, self._alarms = database, keyring, alarms
        postgres = database.engine.dialect.name == "postgresql"
        make = insert_postgres if postgres else insert_sqlite
        insert = make(cast(Table, ZaloEventRow.__table__)).on_conflict_do_nothing(index_elements=["key"])
        # PostgreSQL's driver doesn't count the rows of a group; there they are told by the rows given back.
        self._insert = insert.returning(ZaloEventRow.key) if postgres else insert

    def store(self, events: Sequence[tuple[Event, bytes]]) -> int:
        """Writes them in one transaction, each key once; returns how many were new."""
        now = utc_now()
        rows: dict[str, dict[str, Any]] = {}
        for event, raw in events:
            rows.setdefault(event.key, {
                "key": event.key, "subject": event.subject, "name": event.name, "sent_ms": event.sent_ms,
                "sealed": self._keyring.encrypt(raw), "state": "waiting", "tries": 0, "due_at": now, "error": "",
                "received_at": now})
        with self._database.session() as session:
            # Past the ORM, which would build and fetch each row: under a flood that is most of what writing costs.
            written = session.connection().execute(self._insert, list(rows.values()))
            return len(written.all()) if written.returns_rows else written.rowcount

    def due(self, limit: int, besides: Collection[str] = ()) -> list[str]:
        """Citizens with something to work off, who waited longest first, `besides` those at work already."""
        query = (
            select(ZaloEventRow.subject)
            .where(
                ZaloEventRow.state == "waiting", ZaloEventRow.due_at <= utc_now(),
                ZaloEventRow.name.not_in(SIGNALS), ZaloEventRow.subject.not_in(besides))
            .order_by(ZaloEventRow.due_at, ZaloEventRow.id).limit(_LOOK_AT)
        )
        with self._database.session(write=False) as session:
            return list(dict.fromkeys(session.scalars(query)))[:limit]

    def next(self, subject: str) -> Queued | None:
        """The citizen's next event in the platform's order; None while there is none, or one that failed holds the
        later ones back."""
        query = (
            select(ZaloEventRow)
            .where(
                ZaloEventRow.state == "waiting", ZaloEventRow.subject == subject, ZaloEventRow.name.not_in(SIGNALS))
            .order_by(ZaloEventRow.sent_ms, ZaloEventRow.id)
        )
        now = utc_now()
        with self._database.session(write=False) as session:
            for row in session.scalars(query.limit(50)):
                if row.due_at <= now:
                    return self._opened(row)
                if row.tries <= _HOLDING_TRIES:
                    break
            else:
                return None
        self._hold(subject, row.due_at)
        return None

    def signals(self, limit: int) -> list[Queued]:
        """Receipts, echoes and notes about templates, in the order in which they came."""
        query = (
            select(*_CONTENT)
            .where(
                ZaloEventRow.state == "waiting", ZaloEventRow.due_at <= utc_now(), ZaloEventRow.name.in_(SIGNALS))
            .order_by(ZaloEventRow.due_at, ZaloEventRow.id).limit(limit)
        )
        with self._database.session(write=False) as session:
            rows = session.execute(query).all()
        return [self._opened(cast(Row[Any], row)) for row in rows]

    def settle(self, session: Session, *keys: str) -> None:
        """Marks events as done inside the caller's transaction; only their keys stay, to know repeats by."""
        session.execute(
            update(ZaloEventRow).where(ZaloEventRow.key.in_(keys))
            .values(state="done", done_at=utc_now(), sealed=None, error=""))

    def settled(self, *keys: str) -> None:
        """`settle` in a transaction of its own."""
        with self._database.session() as session:
            self.settle(session, *keys)

    def failed(self, event: Queued, reason: str, last: Callable[[Session], None] | None = None) -> bool:
        """Counts a try that failed; True when it was the last and the event is dead: then `last` is done in the same
        transaction. `reason` names a kind of error: it holds nothing that a citizen said."""
        dead = event.tries >= len(DELAYS)
        values: dict[str, Any] = {"tries": event.tries + 1, "error": reason[:500]}
        if dead:
            values |= {"state": "dead", "done_at": utc_now()}
            if event.name in _NEVER_KEPT:
                values["sealed"] = None
        else:
            values["due_at"] = utc_now() + DELAYS[event.tries]
        with self._database.session() as session:
            if dead and last:
                last(session)  # the conversation's row is locked before the event's, as everywhere
            session.execute(update(ZaloEventRow).where(
                ZaloEventRow.id == event.id, ZaloEventRow.state == "waiting").values(**values))
        if dead:
            self._alarms.raise_("zalo_dead_event", f"{event.name}: {reason}")
        return dead

    def dead(self) -> list[DeadEvent]:
        """What was given up, the latest first."""
        query = select(ZaloEventRow).where(ZaloEventRow.state == "dead").order_by(ZaloEventRow.id.desc()).limit(500)
        with self._database.session(write=False) as session:
            return [
                DeadEvent(row.id, row.name, row.subject, row.error, row.tries, row.received_at, row.sealed is not None)
                for row in session.scalars(query)
            ]

    def retry(self, event_id: int, actor: str = "system") -> bool:
        """Puts a dead event back; False where it isn't there (any more) or holds nothing."""
        query = update(ZaloEventRow).where(
            ZaloEventRow.id == event_id, ZaloEventRow.state == "dead", ZaloEventRow.sealed.is_not(None))
        values = {"state": "waiting", "tries": 0, "due_at": utc_now(), "done_at": None, "error": ""}
        return self._changed(query.values(**values), actor, "zalo.event_retry")

    def drop(self, event_id: int, actor: str = "system") -> bool:
        """Gives a dead event up for good; False where it isn't there (any more)."""
        query = update(ZaloEventRow).where(ZaloEventRow.id == event_id, ZaloEventRow.state == "dead")
        return self._changed(query.values(state="done", sealed=None, done_at=utc_now()), actor, "zalo.event_drop")

    def forget(self, session: Session, subject: str) -> None:
        """Empties everything of a citizen inside the caller's transaction; the keys stay, so that repeats are known."""
        session.execute(
            update(ZaloEventRow).where(ZaloEventRow.subject == subject)
            .values(state="done", sealed=None, subject="", done_at=utc_now()))

    def purge(self) -> int:
        """Deletes what is older than repeats can be, and dead events after a month; returns how many."""
        now = utc_now()
        old = delete(ZaloEventRow).where(ZaloEventRow.state == "done", ZaloEventRow.received_at < now - KEEP)
        dead = delete(ZaloEventRow).where(ZaloEventRow.state == "dead", ZaloEventRow.received_at < now - KEEP_DEAD)
        with self._database.session() as session:
            return sum(len(session.scalars(query.returning(ZaloEventRow.id)).all()) for query in (old, dead))

    def figures(self) -> Figures:
        query = select(ZaloEventRow.state, func.count(), func.min(ZaloEventRow.received_at)).where(
            ZaloEventRow.state.in_(["waiting", "dead"])).group_by(ZaloEventRow.state)
        with self._database.session(write=False) as session:
            found = {state: (count, oldest) for state, count, oldest in session.execute(query)}
        waiting, oldest = found.get("waiting", (0, None))
        return Figures(waiting, found.get("dead", (0, None))[0], oldest)

    def _hold(self, subject: str, until: datetime) -> None:
        """Later events of the citizen wait for the one that failed, so that the order stays."""
        with self._database.session() as session:
            session.execute(
                update(ZaloEventRow)
                .where(
                    ZaloEventRow.subject == subject, ZaloEventRow.state == "waiting", ZaloEventRow.due_at < until,
                    ZaloEventRow.name.not_in(SIGNALS))
                .values(due_at=until))

    def _changed(self, query: Any, actor: str, action: str) -> bool:
        with self._database.session() as session:
            event_id = session.scalar(query.returning(ZaloEventRow.id))
            if event_id is not None:
                record(session, actor, action, f"zalo:event-{event_id}")
            return event_id is not None

    def _opened(self, row: ZaloEventRow | Row[Any]) -> Queued:
        raw = self._keyring.decrypt(row.sealed) if row.sealed else b""
        return Queued(row.id, row.key, row.subject, row.name, raw, row.tries)
