"""Work put down in the transaction that causes it, and done after the commit: at least once, never lost.

The pattern is the transactional outbox (C. Richardson, Microservices Patterns, 3.3.7). A handler may be called again
after a crash between its work and our note of it, so its work must be repeatable; `Entry.key` serves as the
idempotency key for others.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from actions.outbox.tables import OutboxRow
from common.clock import utc_now
from common.database import Database
from common.errors import NotReady
from common.keyring import Keyring

__all__ = ["Entry", "Handler", "Outbox"]

_LEASE = timedelta(minutes=2)
_FIRST_DELAY_S, _LONGEST_DELAY_S = 5, 3600
_MOST_ATTEMPTS = 12
_KEPT = timedelta(days=30)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Entry:
    """One piece of work: `subject` is whom or what it concerns (a dossier id, a conversation id)."""

    topic: str
    key: str
    subject: str
    payload: dict[str, Any]
    attempts: int


Handler = Callable[[Entry], datetime | None]
"""Does the work. Returns None when it is done, or a moment to be called again (quiet hours). Raising means: later."""


class Outbox:
    """Puts work down and does what is due. Safe on several replicas: an entry is leased while it is worked on."""

    def __init__(self, database: Database, keyring: Keyring, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._keyring = keyring
        self._now = now
        self._handlers: dict[str, Handler] = {}

    def handle(self, topic: str, handler: Handler) -> None:
        """Registers who does the work of `topic`. Raises ValueError when somebody does already."""
        if topic in self._handlers:
            raise ValueError(f"topic {topic} has a handler already")
        self._handlers[topic] = handler

    def put(
        self, session: Session, topic: str, key: str, subject: str, payload: dict[str, Any], at: datetime | None = None
    ) -> None:
        """Puts work down inside the caller's transaction; the same topic and key again changes nothing."""
        known = session.scalar(select(OutboxRow.id).where(OutboxRow.topic == topic, OutboxRow.key == key))
        if known is None:
            session.add(OutboxRow(
                topic=topic, key=key, subject=subject, sealed=self._keyring.encrypt(json.dumps(payload)),
                due_at=at or self._now(), created_at=self._now()))

    def cancel(self, session: Session, topic: str, subject: str) -> int:
        """Takes back what still waits for `subject`; returns how many."""
        rows = session.scalars(select(OutboxRow).where(
            OutboxRow.topic == topic, OutboxRow.subject == subject, OutboxRow.state == "waiting")).all()
        for row in rows:
            row.state, row.done_at = "cancelled", self._now()
        return len(rows)

    def erase(self, subject: str) -> None:
        """Deletes everything about `subject`."""
        with self._database.session() as session:
            session.execute(delete(OutboxRow).where(OutboxRow.subject == subject))

    def run_due(self, limit: int = 50) -> int:
        """Does what is due, the oldest first; returns how many entries were worked on."""
        done = 0
        while done < limit and (claimed := self._claim()):
            number, entry = claimed
            self._work(number, entry)
            done += 1
        return done

    def failed(self, limit: int = 100) -> list[OutboxRow]:
        """What was given up, the latest first, for staff."""
        with self._database.session(write=False) as session:
            query = select(OutboxRow).where(OutboxRow.state == "failed").order_by(OutboxRow.id.desc()).limit(limit)
            return list(session.scalars(query))

    def retry(self, number: int) -> None:
        """Gives an entry that was given up another run of attempts."""
        with self._database.session() as session:
            session.execute(update(OutboxRow).where(OutboxRow.id == number, OutboxRow.state == "failed").values(
                state="waiting", attempts=0, due_at=self._now(), error=""))

    def purge(self) -> None:
        """Removes what was done a month ago."""
        with self._database.session() as session:
            session.execute(delete(OutboxRow).where(
                OutboxRow.state.in_(("done", "cancelled")), OutboxRow.done_at < self._now() - _KEPT))

    def _claim(self) -> tuple[int, Entry] | None:
        """The oldest due entry, leased: until the lease ends, nobody else sees it as due."""
        due = (OutboxRow.state == "waiting", OutboxRow.due_at <= self._now(), OutboxRow.topic.in_(self._handlers))
        with self._database.session(write=False) as session:
            if session.scalar(select(OutboxRow.id).where(*due).limit(1)) is None:
                return None
        with self._database.session() as session:
            row = session.scalars(
                select(OutboxRow).where(*due).order_by(OutboxRow.due_at, OutboxRow.id).limit(1)
                .with_for_update(skip_locked=True)
            ).first()
            if row is None:
                return None
            row.attempts += 1
            row.due_at = self._now() + _LEASE
            payload = json.loads(self._keyring.decrypt(row.sealed))
            return row.id, Entry(row.topic, row.key, row.subject, payload, row.attempts)

    def _work(self, number: int, entry: Entry) -> None:
        try:
            again = self._handlers[entry.topic](entry)
        except Exception as error:  # whatever went wrong there, the entry must come again
            self._put_off(number, entry, error)
            return
        values: dict[str, Any] = {"state": "done", "done_at": self._now(), "error": ""}
        if again is not None:
            values = {"due_at": again, "attempts": entry.attempts - 1}
        self._note(number, values)

    def _put_off(self, number: int, entry: Entry, error: Exception) -> None:
        _log.warning("outbox_failed", topic=entry.topic, attempts=entry.attempts, error=type(error).__name__)
        # A part that is not ready yet is no failure of the work: it is not counted.
        attempts = entry.attempts - 1 if isinstance(error, NotReady) else entry.attempts
        delay = min(_FIRST_DELAY_S * 2**entry.attempts, _LONGEST_DELAY_S)
        state = "failed" if attempts >= _MOST_ATTEMPTS else "waiting"
        self._note(number, {
            "state": state, "attempts": attempts, "due_at": self._now() + timedelta(seconds=delay),
            "error": f"{type(error).__name__}: {error}"[:300]})

    def _note(self, number: int, values: dict[str, Any]) -> None:
        # Somebody may have cancelled it while it was worked on; that stands.
        with self._database.session() as session:
            session.execute(
                update(OutboxRow).where(OutboxRow.id == number, OutboxRow.state == "waiting").values(**values))
