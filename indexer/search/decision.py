"""Answer, ask back, or say that it is unknown: calibrated on development questions.

Two logistic models over the shape of the candidate list: the probability that the first candidate's family is
right, and the probability that the question is about a procedure at all. Thresholds on both give the decision
(selective classification: El-Yaniv & Wiener 2010). Learnt by `python -m indexer.training.ranker`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from indexer.search.ranker import FEATURES, Ranked
from indexer.search.types import Decision

__all__ = ["SHAPE", "Calibration", "Verdict", "shape"]

SHAPE = (
    "log_odds",
    "margin",
    "gap",
    "score",
    "dense",
    "dense_name",
    "dense_focus",
    "bm25",
    "bm25_synonym",
    "name_covered",
    "query_covered",
    "lexical_first",
    "dense_first",
    "length",
    "near",
    "exact",
)
_CLIP = 1e-3
_FAR = 12.0
_NEAR = 0.985  # the question is, but for filler, one of the guide's own phrasings
_WHOLE = 0.99  # the name and the question are made of the same words


def shape(ranked: Ranked, families: list[str], syllable_count: int) -> np.ndarray:
    """What the two models see: float32 (len(SHAPE),).

    Near-duplicates (one name at several levels) count as one family, so they don't look like doubt.
    """
    mine = np.array([family == families[0] for family in families])
    own = float(ranked.probabilities[mine].sum())
    others = ranked.scores[~mine]
    rival = float(ranked.probabilities[~mine].max(initial=0.0))
    gap = min(float(ranked.scores[0] - others[0]), _FAR) if len(others) else _FAR
    clipped = min(max(own, _CLIP), 1 - _CLIP)
    first = dict(zip(FEATURES, (float(value) for value in ranked.features[0]), strict=True))
    values = {
        **first,
        "log_odds": float(np.log(clipped / (1 - clipped))),
        "margin": own - rival,
        "gap": gap,
        "score": float(ranked.scores[0]) / 10,
        "lexical_first": float(first["bm25"] >= 0.999),
        "dense_first": float(first["dense"] >= ranked.features[:, 0].max() - 1e-6),
        "length": min(syllable_count, 20) / 20,
        "near": float(max(first["dense"], first["dense_focus"]) > _NEAR),
        "exact": float(min(first["name_covered"], first["query_covered"]) > _WHOLE),
    }
    return np.array([values[name] for name in SHAPE], dtype=np.float32)


@dataclass(frozen=True)
class Verdict:
    decision: Decision
    confidence: float
    in_domain: float


@dataclass(frozen=True)
class Calibration:
    """Weights of both models (bias last) and the thresholds that staff may move."""

    right: np.ndarray
    domain: np.ndarray
    answer_at: float
    domain_at: float

    @classmethod
    @lru_cache(maxsize=1)
    def shipped(cls) -> Calibration:
        """The calibration that the product ships."""
        data = json.loads((Path(__file__).parent / "data" / "calibration.json").read_text(encoding="utf-8"))
        vectors = {
            part: np.array([data[part][name] for name in (*SHAPE, "bias")], dtype=np.float32)
            for part in ("right", "domain")
        }
        return cls(vectors["right"], vectors["domain"], float(data["answer_at"]), float(data["domain_at"]))

    def decide(self, seen: np.ndarray) -> Verdict:
        """The verdict on one candidate list, from its `shape`."""
        right, domain = _logistic(self.right, seen), _logistic(self.domain, seen)
        if domain < self.domain_at:
            return Verdict("abstain", min(right, domain), domain)
        return Verdict("answer" if right >= self.answer_at else "clarify", right, domain)


def _logistic(weights: np.ndarray, seen: np.ndarray) -> float:
    return float(1.0 / (1.0 + np.exp(-(seen @ weights[:-1] + weights[-1]))))
