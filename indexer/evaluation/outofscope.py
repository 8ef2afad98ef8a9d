"""Texts that are no question for us: smalltalk, chatter, other fields. Rows carry their kind as `source`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from indexer.evaluation.runs import Row, grouped, intervals, means

__all__ = ["OUT_OF_SCOPE", "out_of_scope_report", "out_of_scope_values"]

OUT_OF_SCOPE = "out_of_scope"  # the part of a run
EASY = "oos:flights"  # another language's air-travel commands, translated: easy, and many, so they are told apart
_METRICS = ("refused", "answered")


def out_of_scope_values(done: str) -> dict[str, float | None]:
    """`refused`: abstained, or answered as smalltalk; `answered`: a procedure was answered about."""
    return {"refused": float(done == "abstain"), "answered": float(done == "answer")}


def out_of_scope_report(rows: Sequence[Row], *, rounds: int, seed: int) -> dict[str, Any]:
    """The shares refused and answered: all, the easy flight requests apart, and by kind (its first two parts)."""
    easy = [row for row in rows if row.source.startswith(EASY)]
    rest = [row for row in rows if not row.source.startswith(EASY)]
    return {
        "all": {**means(rows, _METRICS), "n": len(rows)},
        "flights": {**means(easy, _METRICS), "n": len(easy)},
        "without_flights": {
            **means(rest, _METRICS),
            "n": len(rest),
            "intervals": intervals(rest, _METRICS, rounds=rounds, seed=seed),
        },
        "by_kind": grouped(rows, _METRICS, lambda row: ":".join(row.source.split(":")[:2])),
    }
