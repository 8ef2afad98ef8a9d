"""`isee eval retrieval`: ranks and decisions of the search service on a question file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from indexer.evaluation.metrics import Rank, interval, summary
from indexer.evaluation.questions import Question
from indexer.search.types import SearchResult

__all__ = ["Outcome", "evaluate", "report"]

Search = Callable[[str, int], SearchResult]


@dataclass(frozen=True)
class Outcome:
    """One question with what the search did; `rank` is None when no right code is among the hits."""

    question: Question
    result: SearchResult
    rank: Rank

    @property
    def miss(self) -> bool:
        return bool(self.question.gold_codes) and self.rank != 0


def evaluate(questions: Iterable[Question], search: Search, k: int = 10) -> list[Outcome]:
    """Runs every question through `search`."""
    outcomes = []
    for question in questions:
        result = search(question.question, k)
        gold = set(question.gold_codes)
        rank = next((place for place, hit in enumerate(result.hits) if hit.code in gold), None)
        outcomes.append(Outcome(question, result, rank))
    return outcomes


def report(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures of DESIGN 4.4: ranking overall, by source and by behaviour, and the decisions."""
    ranked = [outcome for outcome in outcomes if outcome.question.gold_codes]
    ranks = [outcome.rank for outcome in ranked]
    took = sorted(outcome.result.took_ms for outcome in outcomes)
    return {
        **summary(ranks),
        "top1_interval": interval(ranks, "top1"),
        "top5_interval": interval(ranks, "top5"),
        "by_source": _grouped(ranked, lambda outcome: outcome.question.source),
        "by_behaviour": _grouped(ranked, lambda outcome: outcome.question.behaviour),
        "abstain": _abstention(outcomes),
        "decisions": _decisions(outcomes),
        "latency_ms": {"p50": _percentile(took, 50), "p95": _percentile(took, 95)},
    }


def _grouped(outcomes: Sequence[Outcome], key: Callable[[Outcome], str]) -> dict[str, dict[str, float | int]]:
    groups: dict[str, list[Rank]] = defaultdict(list)
    for outcome in outcomes:
        groups[key(outcome)].append(outcome.rank)
    return {name: summary(ranks) for name, ranks in sorted(groups.items())}


def _abstention(outcomes: Sequence[Outcome]) -> dict[str, float | int]:
    wanted = [outcome.question.behaviour == "abstain" for outcome in outcomes]
    done = [outcome.result.decision == "abstain" for outcome in outcomes]
    both = sum(want and did for want, did in zip(wanted, done, strict=True))
    return {
        "precision": round(both / sum(done), 4) if any(done) else 0.0,
        "recall": round(both / sum(wanted), 4) if any(wanted) else 0.0,
        "wanted": sum(wanted),
        "abstained": sum(done),
    }


def _decisions(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How often the wanted behaviour was chosen, and how often a confident answer was wrong."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        table[outcome.question.behaviour][outcome.result.decision] += 1
    answered = [outcome for outcome in outcomes if outcome.result.decision == "answer"]
    wrong = [outcome for outcome in answered if outcome.rank != 0]
    right = sum(outcome.question.behaviour == outcome.result.decision for outcome in outcomes)
    total = len(outcomes) or 1
    return {
        "behaviour_right": round(right / total, 4),
        "wrong_confident": round(len(wrong) / total, 4),
        "table": {wanted: dict(row) for wanted, row in sorted(table.items())},
    }


def _percentile(values: Sequence[float], percent: int) -> float:
    return round(values[min(len(values) - 1, len(values) * percent // 100)], 2) if values else 0.0
