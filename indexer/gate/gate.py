"""Runs golden questions before and after a publication, over a copy that shares everything but the one guide."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence

import numpy as np

from common.clock import local_date
from indexer.gate.neighbours import nearest
from indexer.gate.report import GateReport, GoldenChange, Seen
from indexer.search import SearchService
from indexer.search.searching import Examined, Searcher
from indexer.search.snapshot import Snapshot
from knowledge_base.golden import DayQuality, Golden, GoldenStore, Judged, Kept
from knowledge_base.model import Guide, Origin, Published
from knowledge_base.snapshot import PRECEDENCE, effective
from knowledge_base.store import KnowledgeBase

__all__ = ["PublishGate"]

_OFFERED = 4  # as many procedures as a question back offers
_KEPT_CANDIDATES = 10


class PublishGate:
    """Says what a publication would break. Changes nothing that is searched or published.

    Usage:
        report = gate.check(guide)
        if not report.allowed: ...
    """

    def __init__(self, kb: KnowledgeBase, search: SearchService, golden: GoldenStore) -> None:
        self._kb, self._search, self.golden = kb, search, golden

    def check(self, guide: Guide, origin: Origin = Origin.CURATED) -> GateReport:
        """What publishing `guide` would do to its own golden questions and those of its neighbours.

        Costs seconds of CPU: call from a worker thread. Raises NotReady before the index is built.
        """
        published = Published(guide=guide, origin=origin, version=1)
        return self._compare(guide.code, self._would_count(guide.code, origin, published))

    def check_withdrawal(self, code: str, origin: Origin = Origin.CURATED) -> GateReport:
        """The same for taking a guide out of use. Raises NotReady."""
        return self._compare(code, self._would_count(code, origin, None))

    def preview(self, guide: Guide, origin: Origin = Origin.CURATED) -> Snapshot:
        """What would be searched with `guide` published: for `judge`, and for asking anything else. Raises NotReady."""
        published = Published(guide=guide, origin=origin, version=1)
        return self._search.preview({guide.code: self._would_count(guide.code, origin, published)})[1]

    def judge(self, golden: Golden, snapshot: Snapshot | None = None) -> Seen:
        """How one question does, over the current index or a preview. Raises NotReady."""
        over = snapshot or self._search.snapshot
        return _seen(golden, self._search.examine(golden.question, over), over)

    def keep(self, report: GateReport) -> None:
        """Takes what the questions of `report` do after the publication for their last result: who lost one is marked
        as failing at once, and not only after the daily run."""
        moved = [*report.gains, *report.losses]
        if moved:
            self.golden.note((change.id, _judged(change.after)) for change in moved)

    def run(self, code: str) -> list[tuple[Kept, Seen]]:
        """Runs the golden questions of one guide now and keeps what came of them. Raises NotReady."""
        made = [(kept, self.judge(kept.golden)) for kept in self.golden.of(code)]
        self.golden.note((kept.id, _judged(seen)) for kept, seen in made)
        return made

    def run_all(self, rest: float = 0.0, stop: threading.Event | None = None) -> DayQuality | None:
        """Runs every golden question and keeps the result as today's; None where it was stopped.

        After each question it rests `rest` times as long as the question took, to leave the machine to citizens.
        """
        made: list[tuple[int, Judged]] = []
        for kept in self.golden.all():
            started = time.perf_counter()
            made.append((kept.id, _judged(self.judge(kept.golden))))
            if (stop or threading.Event()).wait(rest * (time.perf_counter() - started)):
                return None
        day = local_date()
        self.golden.note(made, day)
        return next(iter(self.golden.quality(days=1)), DayQuality(day, 0, 0))

    def quality(self, days: int = 90, code: str = "") -> list[DayQuality]:
        """Answer quality over time, for the dashboard: each day that has a full run, the oldest first."""
        return self.golden.quality(days, code)

    def failing(self) -> dict[str, list[str]]:
        """By code, the golden questions that failed in the last run, for the marks of guides."""
        return self.golden.failing()

    def _would_count(self, code: str, origin: Origin, published: Published | None) -> Published | None:
        """What would be answered from after the change, by the precedence of origins; of a text that counts from a
        later day, on that day."""
        state = self._kb.snapshot()
        begins = published.guide.effective_from if published else None
        day = max(state.day, begins) if begins else state.day
        for candidate in PRECEDENCE:
            item = published if candidate is origin else state.published.get((code, candidate))
            if item is not None and effective(item.guide, day):
                return item
        return None

    def _compare(self, code: str, change: Published | None) -> GateReport:
        started = time.perf_counter()
        before, after = self._search.preview({code: change})
        asked = self._touched(code, (before, after))
        searcher = Searcher(_Remembering(self._search), self._search.searcher.ranker)
        calibration = self._search.calibration
        gains: list[GoldenChange] = []
        losses: list[GoldenChange] = []
        for kept in asked:
            old, new = (
                _seen(kept.golden, searcher.examine(kept.golden.question, over, calibration), over, before)
                for over in (before, after)
            )
            if old.passed != new.passed:
                moved = GoldenChange(kept.code, kept.golden.question, kept.golden.expected, old, new, kept.id)
                (gains if new.passed else losses).append(moved)
        broken = sorted({moved.code for moved in losses} - {code})
        return GateReport(len(asked), gains, losses, broken, round((time.perf_counter() - started) * 1000, 1))

    def _touched(self, code: str, views: Iterable[Snapshot]) -> list[Kept]:
        """The questions of the guide, of its neighbours, and those that had it among their candidates last time."""
        near = {code}.union(*(nearest(view, code) for view in views))
        return [
            kept for kept in self.golden.all()
            if kept.code in near or (kept.last is not None and code in kept.last.candidates)
        ]


class _Remembering:
    """The encoder, with the vectors of this comparison kept: each question is searched for twice."""

    def __init__(self, search: SearchService) -> None:
        self._encoder = search.encoder
        self._known: dict[tuple[str, ...], np.ndarray] = {}
        self.dim, self.fingerprint = self._encoder.dim, self._encoder.fingerprint

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        key = tuple(texts)
        if key not in self._known:
            self._known[key] = self._encoder.encode_queries(texts)
        return self._known[key]

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        return self._encoder.encode_passages(texts)


def _seen(golden: Golden, examined: Examined, over: Snapshot, families: Snapshot | None = None) -> Seen:
    """`families` says which procedures are one matter: what is published, so that a new name can't join a family and
    take its questions unseen."""
    codes = tuple(examined.codes[:_KEPT_CANDIDATES])
    facts = (families or over).facts
    own = facts[golden.code].family if golden.code in facts else ""
    decision = examined.verdict.decision
    mine = [code == golden.code or (code in facts and facts[code].family == own) for code in codes]
    answered = decision == "answer" and bool(mine) and mine[0]
    offered = decision != "abstain" and any(mine[:_OFFERED])
    passed = {"answer": answered, "clarify": offered, "other": not answered}[golden.expected]
    first = codes[0] if codes else ""
    name = over.facts[first].name if first else ""
    return Seen(passed, decision, first, name, round(examined.verdict.confidence, 4), codes)


def _judged(seen: Seen) -> Judged:
    return Judged(seen.passed, seen.decision, seen.code, seen.confidence, seen.candidates)
