"""Why a question is treated as it is: what was read out of it, who came into question, who fell behind and by what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from indexer.search.decision import SHAPE, Calibration, Verdict
from indexer.search.query import without_masked
from indexer.search.ranker import FEATURES, Ranker
from indexer.search.searching import MAX_QUERY_CHARS, Examined
from indexer.search.snapshot import Snapshot
from indexer.text.normalise import normalising

__all__ = ["Candidate", "Explanation", "Step", "Weight", "explain"]

_MOST_WEIGHTS = 5
_LITTLE = 0.05


@dataclass(frozen=True)
class Step:
    """A step of reading the question and what it left."""

    name: str
    after: str


@dataclass(frozen=True)
class Weight:
    """What one feature adds (log odds, or the ranker's score); negative where it speaks against."""

    name: str
    amount: float


@dataclass(frozen=True)
class Candidate:
    """One procedure that came into question. `parts`: its features by name; `behind`: what puts it behind the first,
    the most first; `same_matter`: a record of the same matter as the first.
    """

    code: str
    name: str
    matched: str
    probability: float
    score: float
    parts: dict[str, float]
    behind: Sequence[Weight] = ()
    same_matter: bool = False


@dataclass(frozen=True)
class Explanation:
    """`for_right` and `for_domain`: what weighed most in the two probabilities of the decision."""

    steps: Sequence[Step]
    focus: str
    expansions: Sequence[str]
    verdict: Verdict
    answer_at: float
    domain_at: float
    candidates: Sequence[Candidate] = ()
    for_right: Sequence[Weight] = field(default_factory=list)
    for_domain: Sequence[Weight] = field(default_factory=list)
    by_code: bool = False


def explain(
    text: str, examined: Examined, snapshot: Snapshot, ranker: Ranker, calibration: Calibration, most: int = 12
) -> Explanation:
    """The explanation of an examined question, with its first `most` candidates. `ranker` and `calibration` serve
    where the question was examined without its own.
    """
    ranker, calibration = examined.ranker or ranker, examined.calibration or calibration
    return Explanation(
        steps=_steps(text[:MAX_QUERY_CHARS], examined),
        focus=examined.query.focus,
        expansions=examined.query.expansions,
        verdict=examined.verdict,
        answer_at=calibration.answer_at,
        domain_at=calibration.domain_at,
        candidates=_candidates(examined, snapshot, ranker, most),
        for_right=_weights(calibration.right, examined.seen),
        for_domain=_weights(calibration.domain, examined.seen),
        by_code=examined.by_code,
    )


def _steps(text: str, examined: Examined) -> list[Step]:
    steps = []
    bare = without_masked(text)
    if bare != text:
        steps.append(Step("masked", bare))
    steps += [Step(name, after) for name, after in normalising(bare)]
    last = steps[-1].after if steps else text
    if examined.query.normalised != last:
        steps.append(Step("restore", examined.query.normalised))
    if examined.query.focus != examined.query.normalised.casefold():
        steps.append(Step("focus", examined.query.focus))
    return steps


def _candidates(examined: Examined, snapshot: Snapshot, ranker: Ranker, most: int) -> list[Candidate]:
    ranked, facts = examined.ranked, snapshot.facts
    if ranked is None:
        return [
            Candidate(code, facts[code].name, examined.matched[place], 1.0, 0.0, {})
            for place, code in enumerate(examined.codes)
        ]
    made = []
    first = facts[examined.codes[0]].family
    for place, code in enumerate(examined.codes[:most]):
        lacking = ranker.weights * (ranked.features[place] - ranked.features[0])
        behind = [Weight(name, float(amount)) for name, amount in zip(FEATURES, lacking, strict=True)]
        behind = sorted((each for each in behind if each.amount < -_LITTLE), key=lambda each: each.amount)
        parts = {name: float(value) for name, value in zip(FEATURES, ranked.features[place], strict=True)}
        made.append(Candidate(
            code, facts[code].name, examined.matched[place], float(ranked.probabilities[place]),
            float(ranked.scores[place]), parts, behind[:3], place > 0 and facts[code].family == first))
    return made


def _weights(model: np.ndarray, seen: np.ndarray | None) -> list[Weight]:
    """What weighed most, either way."""
    if seen is None:
        return []
    amounts = [Weight(name, float(amount)) for name, amount in zip(SHAPE, seen * model[:-1], strict=True)]
    return sorted(amounts, key=lambda each: -abs(each.amount))[:_MOST_WEIGHTS]
