"""Rasa's SQL tracker store, tuned: SQLite in WAL mode, the tracker of the turn at hand, old events pruned.

Events are a working memory: the transcript that counts is the gateway's. So events of conversations that have been
silent for `keep_days` are deleted when the engine starts.
"""

from __future__ import annotations

import logging
import time
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

__all__ = ["ISeeTrackerStore", "form_is_over", "saved_tracker"]

_log = logging.getLogger(__name__)
_saved: ContextVar[DialogueStateTracker | None] = ContextVar("isee_saved_tracker", default=None)
_over: ContextVar[bool] = ContextVar("isee_form_over", default=False)
_DAY_S = 86_400


def saved_tracker(sender: str) -> DialogueStateTracker | None:
    """The tracker of `sender` as this turn stored it, without reading it back; None outside its turn."""
    tracker = _saved.get()
    return tracker if tracker is not None and tracker.sender_id == sender else None


def form_is_over(over: bool) -> None:
    """For the turn at hand: no e-form is open, so a loop that still is gets left before anything is predicted.

    A form may end where the engine doesn't see it: submitted or dropped on its page, or expired.
    """
    _over.set(over)


class ISeeTrackerStore(SQLTrackerStore):
    """In endpoints.yml: `type: bot.engine.tracker.ISeeTrackerStore`, `url` a whole SQLAlchemy URL."""

    def __init__(
        self,
        domain: Domain | None = None,
        host: str | None = None,
        event_broker: EventBroker | None = None,
        keep_days: float = 2,
        **kwargs: Any,
    ) -> None:
        super().__init__(domain, host=host, event_broker=event_broker, **kwargs)
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _tune)
            self.engine.dispose()
        self.prune(keep_days)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        tracker = await super().retrieve(sender_id)
        if tracker is not None and _over.get() and tracker.active_loop_name:
            tracker.update(ActiveLoop(None))
            tracker.update(SlotSet(REQUESTED_SLOT, None))
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        await super().save(tracker)
        _saved.set(tracker)

    def prune(self, keep_days: float) -> int:
        """Deletes conversations whose last event is older than `keep_days`; how many events went."""
        event = self.SQLEvent
        with self.session_scope() as session:
            silent = (
                sa.select(event.sender_id)
                .group_by(event.sender_id)
                .having(sa.func.max(event.timestamp) < time.time() - keep_days * _DAY_S)
            )
            gone: int = session.query(event).filter(event.sender_id.in_(silent)).delete(synchronize_session=False)
            session.commit()
        _log.info("pruned %d events of silent conversations", gone)
        return gone


def _tune(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=15000", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
