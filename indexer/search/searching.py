"""One question against one snapshot: what was understood, who came into question, and what was decided. Pure but for
the encoder's memory, so that a snapshot that nobody else sees (a publication being checked) is searched the same way.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.encoder import Encoder
from indexer.search.decision import Calibration, Verdict, shape
from indexer.search.query import Query, understand
from indexer.search.ranker import Candidates, Ranked, Ranker, candidates, likeness
from indexer.search.snapshot import Snapshot
from indexer.search.types import Hit, SearchResult
from indexer.search.wording import LOOKED_AT, wording
from indexer.text import syllables
from indexer.text.language import Language

__all__ = ["MAX_QUERY_CHARS", "Examined", "Searcher", "length", "result_of"]

MAX_QUERY_CHARS = 1000
_SURE = Verdict("answer", 1.0, 1.0, 1.0)
_NOTHING = Verdict("abstain", 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Examined:
    """A question with everything that led to its decision.

    `codes`: the pool's procedures, best first; `ranked` their features, scores and probabilities in that order; `seen`
    what the decision saw (`decision.shape`). Where nothing searchable was said, or a code was typed (`by_code`), there
    is no pool. `ranker` and `calibration` are those that served: questions in other languages have their own.
    """

    query: Query
    verdict: Verdict
    codes: Sequence[str] = ()
    ranked: Ranked | None = None
    seen: np.ndarray | None = None
    matched: Sequence[str] = ()
    by_code: bool = False
    ranker: Ranker | None = None
    calibration: Calibration | None = None


@dataclass(frozen=True)
class Searcher:
    """The parts that don't change with the knowledge base. Questions in other languages have a ranker of their own."""

    encoder: Encoder
    ranker: Ranker

    def examine(
        self, text: str, snapshot: Snapshot, calibration: Calibration, language: Language | None = None
    ) -> Examined:
        """What `text` comes to over `snapshot`; more than the first thousand characters aren't read. `language`: what
        it is in, where that is known.
        """
        query = understand(text[:MAX_QUERY_CHARS], language)
        if query.empty:
            return Examined(query, _NOTHING)
        code = _code_in(query, snapshot)
        if code is not None:
            return Examined(query, _SURE, codes=(code,), matched=(code,), by_code=True)
        ranker = self.ranker
        if query.language != "vi":
            snapshot, ranker, calibration = snapshot.abroad, Ranker.shipped(foreign=True), calibration.abroad()
        pool = candidates(query, snapshot, self.encoder)
        order, ranked = ranker.ranked(pool.features)
        places = pool.codes[order]
        codes = [snapshot.codes[index] for index in places]
        families = [snapshot.facts[code].family for code in codes]
        alike = likeness(query, pool, snapshot, int(places[0]))
        worded = wording(query, snapshot, places[:LOOKED_AT])
        seen = shape(ranked, families, length(query), alike, worded)
        matched = _Matched(snapshot, pool, places)
        verdict = calibration.decide(seen)
        return Examined(query, verdict, codes, ranked, seen, matched, ranker=ranker, calibration=calibration)


def length(query: Query) -> int:
    """How much is asked, in syllables; Chinese sets no blanks, and a character is a syllable."""
    return len(query.focus.strip()) if query.language == "zh" else len(syllables(query.focus))


class _Matched(Sequence[str]):
    """The text of each candidate that came closest; looked up when asked for, since few are shown."""

    def __init__(self, snapshot: Snapshot, pool: Candidates, places: np.ndarray) -> None:
        self._snapshot, self._pool, self._places = snapshot, pool, places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, place: int) -> str:  # type: ignore[override]
        row = self._snapshot.best_row(self._pool.rows, int(self._places[place]))
        return self._snapshot.entries[row].text


def result_of(text: str, examined: Examined, snapshot: Snapshot, k: int, started: float) -> SearchResult:
    """The public result of an examined question; `started` is a `time.perf_counter()`."""
    scores = [1.0] if examined.ranked is None else examined.ranked.probabilities
    hits = tuple(
        Hit(code, snapshot.facts[code].name, float(scores[place]), examined.matched[place])
        for place, code in enumerate(examined.codes[:k])
    )
    took_ms = (time.perf_counter() - started) * 1000
    verdict = examined.verdict
    return SearchResult(text, examined.query.normalised, verdict.decision, verdict.confidence, hits, took_ms)


def _code_in(query: Query, snapshot: Snapshot) -> str | None:
    """The procedure code that the citizen typed, if it is one that we know."""
    return next((word for word in syllables(query.text) if word in snapshot.facts), None)
