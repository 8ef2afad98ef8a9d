"""Chores that one process of several does at a time, and how far each has come."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.exc import IntegrityError

from bot.inbox.tables import InboxMarkRow
from common.clock import utc_now
from common.database import Database

__all__ = ["Marks"]


class Marks:
    """Leases and marks in the database. A lease runs out by itself when its holder was killed."""

    def __init__(self, database: Database, lease: timedelta = timedelta(minutes=10)) -> None:
        self._database, self._lease = database, lease
        self._me = str(uuid.uuid4())

    @contextmanager
    def held(self, name: str) -> Iterator[bool]:
        """Whether this process may do the chore now."""
        taken = self._take(name)
        try:
            yield taken
        finally:
            if taken:
                with self._database.session() as session:
                    session.execute(update(InboxMarkRow).where(
                        InboxMarkRow.name == name, InboxMarkRow.busy_by == self._me
                    ).values(busy_by=None, busy_until=None))

    def until(self, name: str) -> datetime | None:
        """How far the chore has come; None before its first time."""
        with self._database.session(write=False) as session:
            row = session.get(InboxMarkRow, name)
            return row.until if row else None

    def move(self, name: str, until: datetime) -> None:
        with self._database.session() as session:
            session.execute(update(InboxMarkRow).where(InboxMarkRow.name == name).values(until=until))

    def _take(self, name: str) -> bool:
        now = utc_now()
        try:
            with self._database.session() as session:
                if session.get(InboxMarkRow, name) is None:
                    session.add(InboxMarkRow(name=name))
        except IntegrityError:
            pass  # another process was faster; the lease below decides
        with self._database.session() as session:
            taken = session.scalar(
                update(InboxMarkRow)
                .where(InboxMarkRow.name == name, or_(
                    InboxMarkRow.busy_until.is_(None), InboxMarkRow.busy_until < now, InboxMarkRow.busy_by == self._me))
                .values(busy_by=self._me, busy_until=now + self._lease)
                .returning(InboxMarkRow.name))
            return taken is not None
