"""What a phrasing would change: last month's questions, searched before and after, over a copy of the index.

A further text of one guide can only move questions that are about as close to it as to what the guide says already.
So the questions of the month are narrowed by shared words, then by vectors, and only the rest is searched twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np

from bot.inbox.history import Known, Month
from bot.inbox.meaning import Understanding
from bot.inbox.phrasing import Gate, Proposal
from common.clock import utc_now
from common.database import Database
from indexer.search.query import understand
from indexer.search.snapshot import Snapshot
from indexer.text import strip_diacritics, syllables

__all__ = ["Change", "Foresight", "Forecast", "Judged"]

_DAYS = 30
_MOST_BY_WORDS = 120
_MOST_SEARCHED = 60
_TIME_S = 12.0
# How much closer what the guide says already may be before a further text of it can't matter (cosine).
_MARGIN = 0.03


@dataclass(frozen=True)
class Judged:
    """What search makes of a question: answer, clarify or abstain, and the procedure it thinks of first."""

    decision: str
    code: str
    name: str
    confidence: float


@dataclass(frozen=True)
class Change:
    """A question that is treated otherwise. `gain`: answered only after; `better` and `worse` where it is known what
    the citizen wanted; `changed`: an answer becomes another, or none, and nobody knows which is right.
    """

    known: Known
    before: Judged
    after: Judged
    kind: Literal["gain", "better", "worse", "changed"]


@dataclass(frozen=True)
class Forecast:
    """`asked` questions of the month, of which `searched` were searched twice; `all_looked_at`: none that could move
    was left out for time.
    """

    asked: int
    searched: int
    all_looked_at: bool
    changes: Sequence[Change] = field(default_factory=list)

    def of(self, *kinds: str) -> list[Change]:
        return [change for change in self.changes if change.kind in kinds]


class Foresight:
    """Predicts gains and harm. Costs seconds of CPU: call from a worker thread."""

    def __init__(
        self, database: Database, search: Understanding, gate: Gate, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._month, self._search, self._gate, self._now = Month(database), search, gate, now

    def predict(self, proposal: Proposal) -> Forecast:
        """Raises NotReady before the index is built."""
        asked = self._month.since(self._now() - timedelta(days=_DAYS))
        before = self._search.snapshot
        near = self._could_move(asked, proposal, before)
        if not near:
            return Forecast(len(asked), 0, True)
        after = self._gate.preview(proposal.guide, proposal.published.origin)
        changes, searched, started = [], 0, time.monotonic()
        for known in near[:_MOST_SEARCHED]:
            if time.monotonic() - started > _TIME_S:
                break
            searched += 1
            pair = [self._judged(known.question, over) for over in (before, after)]
            kind = _kind(pair[0], pair[1], known.wanted)
            if kind:
                changes.append(Change(known, pair[0], pair[1], kind))
        return Forecast(len(asked), searched, searched == len(near), changes)

    def _could_move(self, asked: Sequence[Known], proposal: Proposal, before: Snapshot) -> list[Known]:
        """The questions that the new text could move, the closest to it first."""
        words = _words(proposal.sentence)
        shared = [(_overlap(words, _words(known.question)), -place) for place, known in enumerate(asked)]
        closest = [asked[-place] for share, place in sorted(shared, reverse=True) if share][:_MOST_BY_WORDS]
        if not closest:
            return []
        encoder = self._search.encoder
        asked_for = encoder.encode_queries([understand(known.question).normalised for known in closest])
        fresh = asked_for @ encoder.encode_passages([understand(proposal.sentence).normalised])[0]
        rows = [
            int(row) for row in np.flatnonzero(before.table.alive)
            if before.entries[row].code == proposal.published.code]
        held = (asked_for @ before.table.rows(rows).T).max(axis=1) if rows else np.full(len(closest), -1.0)
        order = [int(place) for place in np.argsort(-fresh) if fresh[place] > held[place] - _MARGIN]
        return [closest[place] for place in order]

    def _judged(self, question: str, over: Snapshot) -> Judged:
        found = self._search.examine(question, over)
        code = found.codes[0] if found.codes else ""
        name = over.facts[code].name if code else ""
        return Judged(found.verdict.decision, code, name, float(found.verdict.confidence))


def _words(text: str) -> set[str]:
    return set(syllables(strip_diacritics(text)))


def _overlap(one: set[str], other: set[str]) -> float:
    """The cosine of two sets of words, so that a long question is not close to everything."""
    return float(len(one & other) / (len(one) * len(other)) ** 0.5) if one and other else 0.0


def _kind(before: Judged, after: Judged, wanted: str | None) -> Any:
    said = [judged.code if judged.decision == "answer" else "" for judged in (before, after)]
    if said[0] == said[1]:
        return None
    if wanted:
        if wanted in said:
            return "better" if said[1] == wanted else "worse"
        return "changed"
    return "gain" if not said[0] else "changed"
