"""Ranks procedures for a query: a few dense, lexical and structural features under one linear model.

The weights are data (`data/ranker.json`), learnt by `python -m indexer.training.ranker`, which reports them under
cross-validation by procedure.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from indexer.encoder import Encoder
from indexer.search.query import Query, without_filler
from indexer.search.snapshot import Snapshot
from indexer.text import strip_diacritics, syllables

__all__ = ["FEATURES", "Candidates", "Ranked", "Ranker", "candidates", "likeness"]

FEATURES = (
    "dense",
    "dense_name",
    "dense_focus",
    "dense_second",
    "bm25",
    "bm25_stripped",
    "bm25_synonym",
    "name_covered",
    "query_covered",
    "called",
    "commune",
    "ministry_only",
    "stands_back",
    "demand",
)
POOL = 60  # procedures whose features are computed; recall@60 of the sum of ranks is above .99 on development data


@dataclass(frozen=True)
class Candidates:
    """The pool of one query. `features`: float32 (pool, len(FEATURES)); `codes`: indices into snapshot.codes."""

    codes: np.ndarray
    features: np.ndarray
    rows: np.ndarray  # float32 (entries,): combined row scores, to tell which text matched


@dataclass(frozen=True)
class Ranked:
    """A pool in order, best first. `features` (pool, FEATURES), `scores` (pool,), `probabilities` (pool,)."""

    features: np.ndarray
    scores: np.ndarray
    probabilities: np.ndarray


def candidates(query: Query, snapshot: Snapshot, encoder: Encoder) -> Candidates:
    """The best procedures by any single signal, with the features of each."""
    forms = [query.normalised] if query.focus == query.normalised.casefold() else [query.normalised, query.focus]
    dense = snapshot.table.similarities(encoder.encode_queries(forms))
    accented, stripped = snapshot.lexical_scores(query.focus)
    synonym = accented
    for expansion in query.expansions:
        synonym = np.maximum(synonym, snapshot.accented_scores(expansion))
    whole, words = snapshot.best(dense[0]), _relative(snapshot.best(accented))
    columns = [
        whole,
        snapshot.of_names(dense[0]),
        snapshot.best(dense[1]) if len(forms) > 1 else whole,
        words,
        _relative(snapshot.best(stripped)),
        _relative(snapshot.best(synonym)) if query.expansions else words,
    ]
    pool, closest = _pool(columns), dense.max(axis=0)
    measured = [column[pool] for column in columns]
    measured.insert(FEATURES.index("dense_second"), snapshot.second(closest, pool))
    asked = set(syllables(query.focus)).union(*(syllables(expansion) for expansion in query.expansions))
    features = np.column_stack([*measured, snapshot.names.shares(asked, pool), snapshot.traits[pool]])
    return Candidates(pool, features, closest + 0.1 * _relative(synonym))


def likeness(query: Query, pool: Candidates, snapshot: Snapshot, index: int) -> float:
    """Share of syllables that the question and the closest text of a procedure (`index` into snapshot.codes) have in
    common, filler and diacritics apart: 1 where the citizen says just what the guide holds.
    """
    row = snapshot.entries[snapshot.best_row(pool.rows, index)]
    said, held = (set(syllables(strip_diacritics(text))) for text in (query.focus, without_filler(row.searched)))
    return len(said & held) / (len(said | held) or 1)


def _relative(scores: np.ndarray) -> np.ndarray:
    """Scores scaled so that the best of this query is 1; BM25 has no absolute scale."""
    top = float(scores.max(initial=0.0))
    return scores / top if top > 0 else scores


def _pool(columns: list[np.ndarray]) -> np.ndarray:
    """Indices of the procedures that lead in any column (all of them when there are few)."""
    size = len(columns[0])
    if size <= POOL:
        return np.arange(size)
    by_rank = 1.0 / (20 + np.arange(size))
    gains: dict[int, np.ndarray] = {}
    for column in columns:
        if id(column) not in gains:  # one column may stand for two features
            gains[id(column)] = np.empty(size)
            gains[id(column)][np.argsort(-column)] = by_rank
    rank_sum = sum(gains[id(column)] for column in columns)
    return np.argsort(-np.asarray(rank_sum))[:POOL]


@dataclass(frozen=True)
class Ranker:
    """A linear model over FEATURES; `temperature` turns scores into probabilities over the pool."""

    weights: np.ndarray
    temperature: float

    @classmethod
    @lru_cache(maxsize=2)
    def shipped(cls, *, foreign: bool = False) -> Ranker:
        """The weights that the product ships; `foreign`: those for questions in other languages than Vietnamese."""
        name = "ranker_foreign.json" if foreign else "ranker.json"
        data = json.loads((Path(__file__).parent / "data" / name).read_text(encoding="utf-8"))
        weights = np.array([data["weights"][name] for name in FEATURES], dtype=np.float32)
        return cls(weights, float(data["temperature"]))

    def scores(self, features: np.ndarray) -> np.ndarray:
        """float32 (pool,), higher is better."""
        return features @ self.weights

    def ranked(self, features: np.ndarray) -> tuple[np.ndarray, Ranked]:
        """The order of a pool (indices, best first), and its features, scores and probabilities in that order."""
        scores = self.scores(features)
        order = np.argsort(-scores, kind="stable")
        return order, Ranked(features[order], scores[order], self.probabilities(scores[order]))

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        shifted = (scores - scores.max()) / self.temperature
        exponent = np.exp(shifted)
        return exponent / exponent.sum()
