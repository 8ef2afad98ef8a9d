"""One worker at a time on a citizen's events, and one on their messages, over all replicas."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Literal

from anyio.to_thread import run_sync
from sqlalchemy import or_, update
from sqlalchemy.exc import IntegrityError

from bot.gateway.holders import new_holder
from bot.zalo.tables import ZaloLaneRow
from common.clock import utc_now
from common.database import Database

__all__ = ["Direction", "Lanes", "given", "taken"]

Direction = Literal["in", "out"]


class Lanes:
    """Leases in the database; one runs out by itself when its holder was killed, or ends with the next start at its
    `place` (`bot.gateway.holders`). Call from worker threads."""

    def __init__(self, database: Database, lease: timedelta = timedelta(seconds=60), place: str = "") -> None:
        self._database, self._lease, self._place = database, lease, place
        self._me = new_holder(place)

    def take(self, subject: str, direction: Direction) -> bool:
        """Whether this process works on the lane from now on; it must `give` it back, or `keep` it in time."""
        now = utc_now()
        query = (
            update(ZaloLaneRow)
            .where(
                ZaloLaneRow.subject == subject, ZaloLaneRow.direction == direction,
                or_(ZaloLaneRow.busy_until.is_(None), ZaloLaneRow.busy_until < now))
            .values(busy_by=self._me, busy_until=now + self._lease)
            .returning(ZaloLaneRow.subject)
        )
        with self._database.session() as session:
            if session.scalar(query) is not None:
                return True
            if session.get(ZaloLaneRow, (subject, direction)) is not None:
                return False
        try:
            with self._database.session() as session:
                session.add(ZaloLaneRow(
                    subject=subject, direction=direction, busy_by=self._me, busy_until=now + self._lease))
        except IntegrityError:
            return False  # another process was faster
        return True

    def keep(self, subject: str, direction: Direction) -> bool:
        """Prolongs the lease; False where it was lost meanwhile, and the work must stop."""
        return self._set(subject, direction, keep=True)

    def give(self, subject: str, direction: Direction) -> None:
        self._set(subject, direction, keep=False)

    def clear(self) -> None:
        """Frees what an earlier process at this place held when it was killed; on SQLite nobody else can be."""
        free = update(ZaloLaneRow)
        if not self._database.url.startswith("sqlite"):
            free = free.where(ZaloLaneRow.busy_by.startswith(self._place or self._me))
        with self._database.session() as session:
            session.execute(free.values(busy_by=None, busy_until=None))

    @contextmanager
    def held(self, subject: str, direction: Direction) -> Iterator[bool]:
        """`take` and `give` around a piece of work; False where another process has the lane."""
        taken = self.take(subject, direction)
        try:
            yield taken
        finally:
            if taken:
                self.give(subject, direction)

    def _set(self, subject: str, direction: Direction, *, keep: bool) -> bool:
        until = utc_now() + self._lease if keep else None
        query = (
            update(ZaloLaneRow)
            .where(
                ZaloLaneRow.subject == subject, ZaloLaneRow.direction == direction, ZaloLaneRow.busy_by == self._me)
            .values(busy_until=until, **({} if keep else {"busy_by": None}))
            .returning(ZaloLaneRow.subject)
        )
        with self._database.session() as session:
            return session.scalar(query) is not None


async def taken(lanes: Lanes, subject: str, direction: Direction) -> bool:
    """`lanes.take` from the event loop. A lane that is being taken just when the caller is cancelled is given back:
    its lease would keep everybody else away for nothing."""
    taking = asyncio.ensure_future(run_sync(lanes.take, subject, direction))
    try:
        return await asyncio.shield(taking)
    except asyncio.CancelledError:
        await asyncio.wait([taking])
        if not taking.cancelled() and taking.exception() is None and taking.result():
            await given(lanes, subject, direction)
        raise


async def given(lanes: Lanes, subject: str, direction: Direction) -> None:
    """`lanes.give` from the event loop: done when this returns, also where the caller is cancelled meanwhile."""
    giving = asyncio.ensure_future(run_sync(lanes.give, subject, direction))
    try:
        await asyncio.shield(giving)
    except asyncio.CancelledError:
        await asyncio.wait([giving])
        raise
