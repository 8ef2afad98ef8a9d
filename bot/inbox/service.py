"""The inbox as the rest of the service sees it: `context.inbox`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from actions.notices import Notices
from actions.notices.quiet import QuietHours
from actions.outbox import Outbox
from bot.inbox.acts import Acts
from bot.inbox.collecting import Collector
from bot.inbox.follow_ups import FollowUps, Offer
from bot.inbox.foresight import Forecast, Foresight
from bot.inbox.grouping import Grouping
from bot.inbox.leases import Marks
from bot.inbox.meaning import Meanings, Understanding
from bot.inbox.phrasing import MASK, Gate, Phrased, Phrasings, Proposal
from bot.inbox.reading import Reading
from bot.inbox.telling import AnswersAbout, Telling
from bot.inbox.views import ClusterView, Filters, Seen
from common.clock import utc_now
from common.database import Database
from common.errors import NotReady
from common.settings import Settings
from knowledge_base.phrasing import LONGEST
from knowledge_base.store import KnowledgeBase

__all__ = ["Inbox"]

_EVERY_S = 2.0
_REGROUP_EVERY = timedelta(days=1)
_NICE = 10
_log = structlog.get_logger(__name__)


class Inbox:
    """Collects and groups questions left open, lists them, and carries out what staff decide.

    For reports: `clusters`, `without_guide`, `rising`, `counts`. For the curation of guides: `cluster(number)`
    and `to_draft(number)` to begin a draft from, `drafted(number, code, by)` when it was begun.
    """

    def __init__(
        self, settings: Settings, database: Database, kb: KnowledgeBase, search: Understanding, gate: Gate | None,
        outbox: Outbox, notices: Notices, answers: AnswersAbout, now: Callable[[], datetime] = utc_now,
    ) -> None:
        offer = Offer(settings.chat_retention_days, settings.quiet_hours, notices.mails, notices.cards.address)
        self._meanings = Meanings(search)
        self._marks = Marks(database)
        self._now = now
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.collector = Collector(database, self._marks, now)
        self.grouping = Grouping(database, self._meanings, now)
        self.reading = Reading(database, kb, now)
        self.acts = Acts(database, now)
        self.follow_ups = FollowUps(database, offer, now)
        self.telling = Telling(
            database, outbox, notices, answers, QuietHours.parse(settings.quiet_hours),
            lambda: search.snapshot.revision, self.follow_ups.texts, now)
        self.phrasings = Phrasings(database, kb, gate, self.telling.solved, now)
        self._foresight = Foresight(database, search, gate, now) if gate else None

    # For the other parts

    def clusters(self, filters: Filters = Filters(), page: int = 1, size: int = 50) -> Seen:
        """A page of groups (`Filters`), the most asked of the last seven days first."""
        return self.reading.clusters(filters, page, size)

    def cluster(self, number: int) -> ClusterView:
        """One group. Raises NotFound."""
        return self.reading.cluster(number)

    def without_guide(self, days: int = 30, limit: int = 20) -> Sequence[ClusterView]:
        """Open groups for which the index knows no guide, the most asked of the last `days` first."""
        return self.reading.without_guide(days, limit)

    def rising(self, days: int = 7, limit: int = 20) -> Sequence[ClusterView]:
        """Open groups asked more in the last `days` than in as many before, the steepest rise first."""
        return self.reading.rising(days, limit)

    def counts(self) -> dict[str, int]:
        """Groups by state: open, resolved, out_of_scope."""
        return self.reading.counts()

    def solved(self, number: int, code: str, note: str, by: str) -> None:
        """The guide `code` answers this group now: closes it and tells who waits. Raises NotFound, Conflict."""
        self.phrasings.solved(number, code, note, by)

    def to_draft(self, number: int, most: int = 8) -> list[str]:
        """The group's questions as phrasings of a new guide, the latest first, each once and none with a masked part.
        Raises NotFound.
        """
        self.cluster(number)
        questions, _ = self.reading.questions(number)
        said = (" ".join(item.question.split()) for item in questions)
        return list(dict.fromkeys(text for text in said if MASK not in text and len(text) <= LONGEST))[:most]

    def drafted(self, number: int, code: str, by: str) -> None:
        """A guide `code` is being written for this group; its publication solves the group."""
        self.phrasings.drafted(number, code, by)

    def publish(self, number: int, proposal: Proposal, reason: str, by: str, *, override: bool = False) -> Phrased:
        """`Phrasings.publish`."""
        return self.phrasings.publish(number, proposal, reason, by, override=override)

    def predict(self, proposal: Proposal) -> Forecast:
        """What the phrasing would change in last month's questions. Raises NotReady without an index."""
        if self._foresight is None:
            raise NotReady("Chỉ mục tìm kiếm chưa sẵn sàng, vui lòng thử lại sau ít phút.")
        return self._foresight.predict(proposal)

    def erase(self, conversation_id: str) -> None:
        """Deletes what a conversation left in the inbox."""
        self.acts.erase(conversation_id)

    # The work beside citizens' turns

    def work(self) -> int:
        """Takes over what is new and groups it; once a day groups all of it anew. Returns how many questions moved."""
        done = self.collector.collect() + self.phrasings.solve_drafted()
        if not self._meanings.ready:
            return done
        with self._marks.held("join") as mine:
            done += self.grouping.join() if mine else 0
        with self._marks.held("regroup") as mine:
            last = self._marks.until("regroup")
            if mine and (last is None or self._now() - last > _REGROUP_EVERY):
                groups = self.grouping.regroup()
                self._marks.move("regroup", self._now())
                _log.info("inbox_regrouped", groups=groups)
        return done

    def start(self, every_s: float = _EVERY_S) -> None:
        """Works in a background thread, which gives way to all others."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, args=(every_s,), name="inbox", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _run(self, every_s: float) -> None:
        with suppress(OSError, AttributeError):  # a courtesy of Linux, where a thread has a priority of its own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        while not self._stop.wait(every_s):
            try:
                self.work()
            except NotReady:
                continue
            except Exception as error:  # a database that is away for a minute must not end the work for good
                _log.warning("inbox_work_failed", error=type(error).__name__, exc_info=error)
