"""Ranking metrics: pure functions over the rank of the first right hit (0-based)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

__all__ = ["METRICS", "Rank", "summary"]

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
