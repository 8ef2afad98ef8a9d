"""Ranking metrics with bootstrap intervals. Pure functions over the rank of the first right hit (0-based)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

__all__ = ["METRICS", "interval", "summary"]

Rank = int | None
Metric = Callable[[Rank], float]


def _top(k: int) -> Metric:
    return lambda rank: float(rank is not None and rank < k)


METRICS: dict[str, Metric] = {
    "top1": _top(1),
    "top3": _top(3),
    "top5": _top(5),
    "mrr@10": lambda rank: 1 / (rank + 1) if rank is not None and rank < 10 else 0.0,
    # One relevant group a question, so the ideal gain is 1 (Järvelin & Kekäläinen 2002).
    "ndcg@10": lambda rank: 1 / math.log2(rank + 2) if rank is not None and rank < 10 else 0.0,
}


def summary(ranks: Sequence[Rank]) -> dict[str, float | int]:
    """All metrics and `n` over the ranks; zeros when there are none."""
    values: dict[str, float | int] = {
        name: round(float(np.mean([metric(rank) for rank in ranks])), 4) if ranks else 0.0
        for name, metric in METRICS.items()
    }
    return {**values, "n": len(ranks)}


def interval(ranks: Sequence[Rank], metric: str, *, rounds: int = 1000, seed: int = 7) -> tuple[float, float]:
    """95 % bootstrap interval of a metric's mean (percentile method, Efron 1979)."""
    if not ranks:
        return 0.0, 0.0
    values = np.array([METRICS[metric](rank) for rank in ranks])
    draws = np.random.default_rng(seed).choice(values, size=(rounds, len(values))).mean(axis=1)
    return round(float(np.percentile(draws, 2.5)), 4), round(float(np.percentile(draws, 97.5)), 4)
