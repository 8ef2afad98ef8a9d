"""`isee eval retrieval`: ranks, decisions and confidence of the search service on a question file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from indexer.evaluation.bootstrap import ROUNDS, SEED, cluster_ids
from indexer.evaluation.calibration import area_under_risk, brier, reliability, risk_coverage
from indexer.evaluation.decisions import DECISION_METRICS, behaviour_table, decision_values
from indexer.evaluation.metrics import METRICS, Rank, summary
from indexer.evaluation.outofscope import OUT_OF_SCOPE, out_of_scope_report, out_of_scope_values
from indexer.evaluation.questions import Question
from indexer.evaluation.runs import Row, grouped, intervals, means
from indexer.search.types import SearchResult

__all__ = ["Outcome", "Search", "evaluate", "report", "rows_of"]

Search = Callable[[str, int], SearchResult]
_NAMES = (*METRICS, *DECISION_METRICS)
_BRIEF = ("behaviour_right", "behaviour_right_lenient", "wrong_confident", "wrong_confident_strict")


@dataclass(frozen=True)
class Outcome:
    """One question with what the search did; `rank` is None when no right code is among the hits."""

    question: Question
    result: SearchResult
    rank: Rank

    @property
    def right(self) -> bool:
        """Whether the first hit is a right one."""
        return self.rank == 0

    @property
    def confidence(self) -> float:
        """As the API shows it."""
        return round(self.result.confidence, 4)


def evaluate(questions: Iterable[Question], search: Search, k: int = 10) -> list[Outcome]:
    """Runs every question through `search`."""
    outcomes = []
    for question in questions:
        result = search(question.question, k)
        gold = set(question.gold_codes)
        rank = next((place for place, hit in enumerate(result.hits) if hit.code in gold), None)
        outcomes.append(Outcome(question, result, rank))
    return outcomes


def rows_of(outcomes: Iterable[Outcome], *, out_of_scope: bool = False) -> list[Row]:
    """The rows of a run, to report on, save and compare."""
    return [_row(outcome, out_of_scope) for outcome in outcomes]


def _row(outcome: Outcome, out_of_scope: bool) -> Row:
    question, result = outcome.question, outcome.result
    values: dict[str, float | None]
    if out_of_scope:
        values = out_of_scope_values(result.decision)
    else:
        values = {name: metric(outcome.rank) if question.gold_codes else None for name, metric in METRICS.items()}
        values |= decision_values(question.behaviour, result.decision, outcome.right)
    return Row(
        id=question.id,
        part=OUT_OF_SCOPE if out_of_scope else "questions",
        question=question.question,
        source=question.source,
        wanted=question.behaviour,
        gold_codes=question.gold_codes,
        values=values,
        did={
            "decision": result.decision,
            "confidence": outcome.confidence,
            "rank": outcome.rank,
            "hits": [{"code": hit.code, "name": hit.name, "score": round(hit.score, 4)} for hit in result.hits[:5]],
        },
    )


def report(
    outcomes: Sequence[Outcome],
    *,
    seen: frozenset[str] | None = None,
    out_of_scope: Sequence[Outcome] = (),
    rounds: int = ROUNDS,
    seed: int = SEED,
) -> dict[str, Any]:
    """The figures of DESIGN 4.4 with intervals, decisions and calibration.

    Ranking counts questions with right codes; decisions, calibration and risk count all. `seen`: codes that training
    touched, to report the other procedures apart. Out-of-scope texts are a block of their own: their number is
    arbitrary, so they must not move the other figures.
    """
    rows = rows_of(outcomes)
    ranked = [row for row in rows if row.gold_codes]
    bounds = intervals(rows, _NAMES, rounds=rounds, seed=seed)
    took = sorted(outcome.result.took_ms for outcome in outcomes)
    figures: dict[str, Any] = {
        **summary([outcome.rank for outcome in outcomes if outcome.question.gold_codes]),
        "top1_interval": bounds["top1"],
        "top5_interval": bounds["top5"],
        "intervals": bounds,
        "by_source": grouped(ranked, tuple(METRICS), lambda row: row.source),
        "by_behaviour": grouped(ranked, tuple(METRICS), lambda row: row.wanted),
        "abstain": _abstention(rows),
        "decisions": _decisions(rows),
        **_calibration(outcomes),
        "latency_ms": {"p50": _percentile(took, 50), "p95": _percentile(took, 95)},
        "bootstrap": {
            "rounds": rounds,
            "seed": seed,
            "clusters": len(set(cluster_ids([row.gold_codes for row in rows]).tolist())),
        },
    }
    if seen is not None:
        figures["seen"] = _by_seen(ranked, seen, rounds, seed)
    if out_of_scope:
        figures["out_of_scope"] = out_of_scope_report(
            rows_of(out_of_scope, out_of_scope=True), rounds=rounds, seed=seed
        )
    return figures


def _abstention(rows: Sequence[Row]) -> dict[str, float | int]:
    found = means(rows, ("abstain_precision", "abstain_recall"))
    return {
        "precision": found["abstain_precision"] or 0.0,
        "recall": found["abstain_recall"] or 0.0,
        "wanted": sum(row.wanted == "abstain" for row in rows),
        "abstained": sum(row.did["decision"] == "abstain" for row in rows),
    }


def _decisions(rows: Sequence[Row]) -> dict[str, Any]:
    names = (*_BRIEF, "answered_wrong")
    found = means(rows, names)
    return {
        **{name: found[name] or 0.0 for name in names},
        "table": behaviour_table((row.wanted, row.did["decision"]) for row in rows),
        "by_source": grouped(rows, _BRIEF, lambda row: row.source),
    }


def _calibration(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How true "the first hit is right" is at the shown confidence, and the curve of other thresholds."""
    shown = [outcome.confidence for outcome in outcomes]
    right = [outcome.right for outcome in outcomes]
    points = risk_coverage(shown, right)
    answered = [outcome for outcome in outcomes if outcome.result.decision == "answer"]
    working = {
        "coverage": round(len(answered) / len(outcomes), 4) if outcomes else 0.0,
        "risk": round(sum(not outcome.right for outcome in answered) / len(answered), 4) if answered else 0.0,
    }
    return {
        "calibration": {**reliability(shown, right), "brier": brier(shown, right)},
        "risk_coverage": {"area": area_under_risk(points), "working": working, "points": points},
    }


def _by_seen(ranked: Sequence[Row], seen: frozenset[str], rounds: int, seed: int) -> dict[str, Any]:
    """Questions one of whose right codes was seen, and the others: the honest figure for new procedures."""
    names = (*METRICS, *_BRIEF)
    parts: dict[str, list[Row]] = {"touched": [], "untouched": []}
    for row in ranked:
        parts["touched" if seen & set(row.gold_codes) else "untouched"].append(row)
    return {
        name: {**means(part, names), "n": len(part), "intervals": intervals(part, names, rounds=rounds, seed=seed)}
        for name, part in parts.items()
    }


def _percentile(values: Sequence[float], percent: int) -> float:
    return round(values[min(len(values) - 1, len(values) * percent // 100)], 2) if values else 0.0
