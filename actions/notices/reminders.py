"""Reminders: one row each, moved or cancelled until its moment; what happens then is `dispatch.py`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.notices.tables import ReminderRow
from actions.outbox import Outbox
from common.clock import utc_now
from common.keyring import Keyring

__all__ = ["Reminder", "Reminders"]

TOPIC = "notice.reminder"


@dataclass(frozen=True)
class Reminder:
    """A reminder that waits."""

    id: str
    kind: str
    key: str
    at: datetime
    values: dict[str, Any]


class Reminders:
    """Inside the caller's transaction."""

    def __init__(self, keyring: Keyring, outbox: Outbox, now: Callable[[], datetime] = utc_now) -> None:
        self._keyring = keyring
        self._outbox = outbox
        self._now = now

    def put(
        self, session: Session, conversation_id: str, kind: str, key: str, at: datetime, values: dict[str, Any]
    ) -> None:
        """One reminder for (conversation, kind, key): set again, it moves and its words change."""
        row = self._row(session, conversation_id, kind, key)
        if row is None:
            row = ReminderRow(
                id=_number(conversation_id, kind, key), conversation_id=conversation_id, kind=kind, key=key,
                created_at=self._now())
            session.add(row)
        row.at, row.state = at, "waiting"
        row.sealed = self._keyring.encrypt(json.dumps(values, ensure_ascii=False))
        # The moment belongs to the key: a moved reminder is new work, and the old work finds that it was moved.
        self._outbox.put(
            session, TOPIC, f"{row.id}:{at.isoformat()}", conversation_id, {"id": row.id, "at": at.isoformat()}, at=at)

    def cancel(self, session: Session, conversation_id: str, kind: str, key: str) -> bool:
        """Whether there was one waiting."""
        row = self._row(session, conversation_id, kind, key)
        if row is None or row.state != "waiting":
            return False
        row.state = "cancelled"
        return True

    def waiting(self, session: Session, conversation_id: str) -> list[Reminder]:
        """The soonest first."""
        query = select(ReminderRow).where(
            ReminderRow.conversation_id == conversation_id, ReminderRow.state == "waiting").order_by(ReminderRow.at)
        return [self.read(row) for row in session.scalars(query)]

    def read(self, row: ReminderRow) -> Reminder:
        values: dict[str, Any] = json.loads(self._keyring.decrypt(row.sealed))
        return Reminder(row.id, row.kind, row.key, row.at, values)

    def _row(self, session: Session, conversation_id: str, kind: str, key: str) -> ReminderRow | None:
        return session.get(ReminderRow, _number(conversation_id, kind, key), with_for_update=True)


def _number(conversation_id: str, kind: str, key: str) -> str:
    return hashlib.sha256(f"{conversation_id}\n{kind}\n{key}".encode()).hexdigest()[:32]
