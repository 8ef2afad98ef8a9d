"""Is the confidence true, and what would another threshold cost? Pure functions over (confidence, was it right)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["area_under_risk", "brier", "reliability", "risk_coverage"]

BINS = 10
_POINTS = 100


def reliability(confidences: Sequence[float], right: Sequence[bool], bins: int = BINS) -> dict[str, Any]:
    """Expected calibration error (Guo et al. 2017) with its equal-width bins.

    `{"ece", "n", "bins": [{"from", "to", "n", "confidence", "accuracy"}]}`; a confidence of 1 is in the last bin; an
    empty bin has no confidence and no accuracy. Raises ValueError for a confidence outside 0–1.
    """
    shown, hit = _arrays(confidences, right)
    place = np.minimum((shown * bins).astype(int), bins - 1)
    rows: list[dict[str, Any]] = []
    error = 0.0
    for number in range(bins):
        mine = place == number
        row: dict[str, Any] = {"from": round(number / bins, 4), "to": round((number + 1) / bins, 4), "n": 0}
        if mine.any():
            confidence, accuracy = float(shown[mine].mean()), float(hit[mine].mean())
            error += mine.sum() * abs(confidence - accuracy)
            row |= {"n": int(mine.sum()), "confidence": round(confidence, 4), "accuracy": round(accuracy, 4)}
        rows.append(row)
    return {"ece": round(error / len(shown), 4) if len(shown) else 0.0, "n": len(shown), "bins": rows}


def brier(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Mean squared distance of confidence and truth (Brier 1950); 0 when there is nothing to judge."""
    shown, hit = _arrays(confidences, right)
    return round(float(np.mean((shown - hit) ** 2)), 4) if len(shown) else 0.0


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> list[dict[str, float]]:
    """What answering everything from each confidence upwards would give, most confident first (El-Yaniv & Wiener 2010).

    `[{"coverage", "risk", "threshold"}]`: the share answered and the share of those that are wrong. Equal confidences
    are one point, since no threshold parts them. At most about 100 points, the last always covers everything.
    """
    shown, hit = _arrays(confidences, right)
    if not len(shown):
        return []
    order = np.argsort(-shown, kind="stable")
    sorted_shown, wrong = shown[order], np.cumsum(1.0 - hit[order])
    ends = np.flatnonzero(np.append(sorted_shown[1:] != sorted_shown[:-1], True))
    if len(ends) > _POINTS:
        ends = np.unique(ends[np.linspace(0, len(ends) - 1, _POINTS).round().astype(int)])
    return [
        {
            "coverage": round(float((end + 1) / len(shown)), 4),
            "risk": round(float(wrong[end] / (end + 1)), 4),
            "threshold": round(float(sorted_shown[end]), 4),
        }
        for end in ends
    ]


def area_under_risk(points: Sequence[dict[str, float]]) -> float:
    """The area under a risk–coverage curve (trapezoids, flat before the first point): lower is better."""
    area, covered, risk = 0.0, 0.0, points[0]["risk"] if points else 0.0
    for point in points:
        area += (point["coverage"] - covered) * (point["risk"] + risk) / 2
        covered, risk = point["coverage"], point["risk"]
    return round(area, 4)


def _arrays(confidences: Sequence[float], right: Sequence[bool]) -> tuple[np.ndarray, np.ndarray]:
    shown, hit = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if len(shown) != len(hit):
        raise ValueError(f"{len(shown)} confidences but {len(hit)} truths")
    if len(shown) and not (shown.min() >= 0 and shown.max() <= 1):
        raise ValueError(f"confidences must lie in 0–1, found {shown.min()}–{shown.max()}")
    return shown, hit
