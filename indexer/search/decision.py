"""Answer, ask back, or say that it is unknown: calibrated on development questions.

Two logistic models over the shape of the candidate list: the probability that the first candidate's family is
right, and the probability that the question is about a procedure at all. Thresholds on both give the decision
(selective classification: El-Yaniv & Wiener 2010). Learnt by `python -m indexer.training.ranker`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from common.settings import Settings
from indexer.search.ranker import FEATURES, Ranked
from indexer.search.types import Decision
from indexer.search.wording import LOOKED_AT, ahead

__all__ = ["DOMAIN_AT", "SHAPE", "WRONG_ANSWER_COST", "Calibration", "Verdict", "shape"]

SHAPE = (
    "log_odds",
    "margin",
    "gap",
    "gap_second",
    "entropy",
    "score",
    "dense",
    "dense_focus",
    "dense_second",
    "dense_gap",
    "bm25",
    "bm25_synonym",
    "name_covered",
    "query_covered",
    "demand",
    "covering_rivals",
    "lexical_rivals",
    "length",
    "likeness",
    "explained_ahead",
    "other_authority",
)
WRONG_ANSWER_COST: float = Settings.model_fields["wrong_answer_cost"].default
DOMAIN_AT = 0.5  # sending away a question that we know is as bad as asking back about a matter that we don't
_CLIP = 1e-3
_TINY = 1e-12
_FAR = 12.0
_NEARLY = 0.93
_MOST_RIVALS = 6
_RIVALS = {"gap": 0, "gap_second": 1}


def shape(
    ranked: Ranked, families: list[str], syllable_count: int, likeness: float, worded: np.ndarray
) -> np.ndarray:
    """What the two models see: float32 (len(SHAPE),). `likeness` is the first candidate's (`ranker.likeness`), `worded`
    the `wording` of at least the first ones, in order.

    Near-duplicates (one name at several levels) count as one family, so they don't look like doubt.
    """
    mine = np.array([family == families[0] for family in families])
    own = float(ranked.probabilities[mine].sum())
    clipped = min(max(own, _CLIP), 1 - _CLIP)
    columns = {name: ranked.features[:, place] for place, name in enumerate(FEATURES)}
    closest = np.maximum(columns["dense"], columns["dense_focus"])
    first = {name: float(column[0]) for name, column in columns.items()}
    values = {
        **first,
        **_gaps(ranked.scores, families),
        "log_odds": float(np.log(clipped / (1 - clipped))),
        "margin": own - float(ranked.probabilities[~mine].max(initial=0.0)),
        "entropy": -float((ranked.probabilities * np.log(ranked.probabilities + _TINY)).sum()),
        "score": float(ranked.scores[0]) / 10,
        "dense_gap": float(closest[0] - closest[1:].max(initial=-1.0)),
        # "Hộ kinh doanh" names a matter and nothing to do with it: many procedures hold the words equally well.
        "covering_rivals": _rivals(columns["query_covered"], families),
        "lexical_rivals": _rivals(columns["bm25"], families),
        "length": min(syllable_count, 20) / 20,
        "likeness": likeness,
        "explained_ahead": ahead(worded[:LOOKED_AT, 0], families),
        "other_authority": float(worded[0, 1]),
    }
    return np.array([values[name] for name in SHAPE], dtype=np.float32)


def _gaps(scores: np.ndarray, families: list[str]) -> dict[str, float]:
    """How far the first candidate is ahead of the first and second other family (at most `_FAR`)."""
    leaders = [float(scores[families.index(family)]) for family in dict.fromkeys(families)]
    ahead = [min(leaders[0] - leader, _FAR) for leader in leaders[1:]]
    return {name: ahead[place] if place < len(ahead) else _FAR for name, place in _RIVALS.items()}


def _rivals(column: np.ndarray, families: list[str]) -> float:
    """How many other families have nearly the first candidate's value (at most `_MOST_RIVALS`), as a share of 1."""
    near = {family for family, value in zip(families, column, strict=True) if value >= _NEARLY * column[0]}
    return min(len(near - {families[0]}), _MOST_RIVALS) / _MOST_RIVALS


@dataclass(frozen=True)
class Verdict:
    """`right`: probability that the first candidate's family is right. `in_domain`: that a procedure is meant at all.
    `confidence` is what is shown: `right`, or the lesser of both where we abstain.
    """

    decision: Decision
    confidence: float
    right: float
    in_domain: float


@dataclass(frozen=True)
class Calibration:
    """Weights of both models (bias last), the stated cost that sets the threshold of answering, and `domain_at`, the
    least probability of being about a procedure at all that isn't abstained from.

    `wrong_answer_cost`: how many needless questions back one wrong answer is worth. Answering costs that times the
    probability of being wrong, asking back costs 1, so the first candidate answers from 1 - 1/cost on (Chow 1970).
    """

    right: np.ndarray
    domain: np.ndarray
    wrong_answer_cost: float = WRONG_ANSWER_COST
    domain_at: float = DOMAIN_AT

    @classmethod
    @lru_cache(maxsize=8)
    def shipped(cls, wrong_answer_cost: float = WRONG_ANSWER_COST, *, foreign: bool = False) -> Calibration:
        """The calibration that the product ships; `foreign`: that for questions in other languages than Vietnamese."""
        name = "calibration_foreign.json" if foreign else "calibration.json"
        data = json.loads((Path(__file__).parent / "data" / name).read_text(encoding="utf-8"))
        vectors = {
            part: np.array([data[part][name] for name in (*SHAPE, "bias")], dtype=np.float32)
            for part in ("right", "domain")
        }
        return cls(vectors["right"], vectors["domain"], wrong_answer_cost)

    @property
    def answer_at(self) -> float:
        """The least probability of being right that is answered."""
        return 1 - 1 / self.wrong_answer_cost

    def moved(self, answer_at: float, domain_at: float) -> Calibration:
        """The same models with other thresholds (probabilities, below 1)."""
        return replace(self, wrong_answer_cost=1 / (1 - answer_at), domain_at=domain_at)

    def abroad(self) -> Calibration:
        """The models for questions in other languages, with the thresholds of this one."""
        return replace(Calibration.shipped(foreign=True), wrong_answer_cost=self.wrong_answer_cost,
                       domain_at=self.domain_at)

    def decide(self, seen: np.ndarray) -> Verdict:
        """The verdict on one candidate list, from its `shape`."""
        right, domain = _logistic(self.right, seen), _logistic(self.domain, seen)
        decision = self.decision(right, domain)
        return Verdict(decision, min(right, domain) if decision == "abstain" else right, right, domain)

    def decision(self, right: float, in_domain: float) -> Decision:
        """What these thresholds make of two probabilities."""
        if in_domain < self.domain_at:
            return "abstain"
        return "answer" if right >= self.answer_at else "clarify"


def _logistic(weights: np.ndarray, seen: np.ndarray) -> float:
    return float(1.0 / (1.0 + np.exp(-(seen @ weights[:-1] + weights[-1]))))
