"""Delivery notes of our messages: when they arrived, when they were seen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, update

from bot.zalo.events import text_of
from bot.zalo.model import Event
from bot.zalo.queue import EventQueue
from bot.zalo.tables import ZaloPartRow
from common.clock import utc_now
from common.database import Database

__all__ = ["Receipts"]

_MOST = 100
_ID = re.compile(r"[!-~]{1,64}")
_PARTS = ZaloPartRow.__table__.c
_NOTE = {
    seen: update(ZaloPartRow.__table__)  # type: ignore[arg-type]  # a Table
    .where(_PARTS.zalo_id == bindparam("of"), column.is_(None)).values({column: bindparam("at")})
    for seen, column in ((False, _PARTS.received_at), (True, _PARTS.seen_at))
}


class Receipts:
    """Writes the platform's times beside what was sent; a receipt for something unknown changes nothing."""

    def __init__(self, database: Database, queue: EventQueue) -> None:
        self._database, self._queue = database, queue

    def take(self, events: Sequence[Event]) -> None:
        """Notes and settles them in one transaction. The first receipt of a kind counts. Call from a worker thread."""
        times: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
        for event in events:
            at = _moment(event)
            times[event.name == "user_seen_message"] += [{"of": one, "at": at} for one in _ids(event)]
        with self._database.session() as session:
            for seen, noted in times.items():
                if noted:
                    # Past the ORM, one statement for all: under a flood receipts come by the hundred.
                    session.connection().execute(_NOTE[seen], noted)
            self._queue.settle(session, *(event.key for event in events))


def _ids(event: Event) -> list[str]:
    listed = event.message.get("msg_ids")
    ids = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    return [one for one in (event.msg_id, *ids) if _ID.fullmatch(one)][:_MOST]


def _moment(event: Event) -> datetime:
    """The platform's time of delivery, else that of the event; our own where both are missing or lie ahead."""
    given = text_of(event.message, "delivery_time")
    sent = int(given) if given.isascii() and given.isdigit() and len(given) <= 14 else event.sent_ms
    return min(utc_now(), datetime.fromtimestamp(sent / 1000, UTC)) if sent else utc_now()
