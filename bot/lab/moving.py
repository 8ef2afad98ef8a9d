"""The decision of many questions under other thresholds. Pure: the two probabilities of each question are given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from indexer.evaluation.calibration import risk_coverage
from indexer.search.decision import Calibration
from indexer.search.types import Decision

__all__ = ["Effect", "Moved", "Point", "Weighed", "curve", "effect"]


@dataclass(frozen=True)
class Weighed:
    """A question with what the models say of it. `correct`: whether the first candidate is right, None where nobody
    knows; `count`: how many conversations asked it; `first`: the name of the first candidate.
    """

    question: str
    right: float
    in_domain: float
    correct: bool | None
    count: int = 1
    first: str = ""


@dataclass(frozen=True)
class Moved:
    """A question that is decided otherwise."""

    weighed: Weighed
    before: Decision
    after: Decision


@dataclass(frozen=True)
class Effect:
    """`before`, `after`: how many questions (counted by conversations) get each decision; `right`, `wrong`: answered
    with the right guide or another, where that is known: (before, after).
    """

    before: Counter[Decision]
    after: Counter[Decision]
    right: tuple[int, int]
    wrong: tuple[int, int]
    moved: Sequence[Moved] = field(default_factory=list)

    @property
    def changed(self) -> int:
        return sum(each.weighed.count for each in self.moved)


@dataclass(frozen=True)
class Point:
    """One threshold: the share of questions answered, and the share of those answered wrong."""

    threshold: float
    coverage: float
    risk: float


def effect(sample: Sequence[Weighed], now: Calibration, then: Calibration) -> Effect:
    """What `then` would do otherwise than `now`; what is moved is ordered by how many asked it."""
    before: Counter[Decision] = Counter()
    after: Counter[Decision] = Counter()
    right, wrong = [0, 0], [0, 0]
    moved = []
    for item in sample:
        decided = now.decision(item.right, item.in_domain), then.decision(item.right, item.in_domain)
        before[decided[0]] += item.count
        after[decided[1]] += item.count
        for place, decision in enumerate(decided):
            if decision == "answer" and item.correct is not None:
                (right if item.correct else wrong)[place] += item.count
        if decided[0] != decided[1]:
            moved.append(Moved(item, *decided))
    moved.sort(key=lambda each: (-each.weighed.count, each.weighed.question))
    return Effect(before, after, (right[0], right[1]), (wrong[0], wrong[1]), moved)


def curve(sample: Sequence[Weighed], domain_at: float) -> list[Point]:
    """Risk and coverage over all thresholds of answering, where what is less than `domain_at` about a procedure is
    abstained from. Questions of which nobody knows the right guide are left out."""
    known = [item for item in sample if item.correct is not None]
    shown = [item.right if item.in_domain >= domain_at else 0.0 for item in known]
    points = risk_coverage(shown, [bool(item.correct) for item in known])
    return [Point(each["threshold"], each["coverage"], each["risk"]) for each in points if each["threshold"] > 0]
