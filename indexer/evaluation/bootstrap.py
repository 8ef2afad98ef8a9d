"""Cluster bootstrap (Davison & Hinkley 1997, section 3.8): resamples procedures, not questions.

Questions about one procedure succeed and fail together, so drawing single questions would make intervals too narrow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

__all__ = ["ROUNDS", "SEED", "bounds", "cluster_ids", "resampled"]

ROUNDS = 2000
SEED = 7
_CHUNK = 500  # rounds drawn at once: keeps the count matrix at some megabytes


def cluster_ids(gold: Sequence[Sequence[str]]) -> np.ndarray:
    """int64 (questions,): the procedure that each question is filed under.

    Of several right codes the one that most questions name (joining all that share a code would chain half of a field
    into one cluster). A question without right codes (out of scope) is a cluster of its own.
    """
    asked = Counter(code for codes in gold for code in set(codes))
    numbers: dict[str, int] = {}
    names = (
        min(codes, key=lambda code: (-asked[code], code)) if codes else f"\0{place}" for place, codes in enumerate(gold)
    )
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def resampled(values: np.ndarray, clusters: np.ndarray, *, rounds: int = ROUNDS, seed: int = SEED) -> np.ndarray:
    """Means of each column in each round: float64 (rounds, metrics); NaN where a round drew no value of a column.

    `values`: float (questions, metrics), NaN where a metric doesn't apply; `clusters`: int (questions,). Equal clusters
    and seed give the same draws, so the difference of two runs' results is a paired bootstrap.
    """
    rng = np.random.default_rng(seed)
    known = ~np.isnan(values)
    count = int(clusters.max()) + 1 if len(clusters) else 0
    means = np.full((rounds, values.shape[1]), np.nan)
    if not count:
        return means
    sums, sizes = np.zeros((count, values.shape[1])), np.zeros((count, values.shape[1]))
    np.add.at(sums, clusters, np.where(known, values, 0.0))
    np.add.at(sizes, clusters, known)
    for start in range(0, rounds, _CHUNK):
        drawn = rng.multinomial(count, np.full(count, 1 / count), size=min(_CHUNK, rounds - start))
        total = drawn @ sizes
        np.divide(drawn @ sums, total, out=means[start : start + len(drawn)], where=total > 0)
    return means


def bounds(draws: np.ndarray) -> list[tuple[float, float] | None]:
    """The 95 % percentile interval of each column; None for a column without values."""
    found: list[tuple[float, float] | None] = []
    for column in draws.T:
        known = column[~np.isnan(column)]
        found.append(
            (round(float(np.percentile(known, 2.5)), 4), round(float(np.percentile(known, 97.5)), 4))
            if len(known)
            else None
        )
    return found
