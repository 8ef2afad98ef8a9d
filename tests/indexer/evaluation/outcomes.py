"""Outcomes of a search that tests make by hand."""

from __future__ import annotations

from indexer.evaluation.questions import Question
from indexer.evaluation.retrieval import Outcome, evaluate
from indexer.search.types import Hit, SearchResult


def outcome(wanted="answer", done="answer", gold=("A",), hits=("A", "B"), confidence=0.9, **fields) -> Outcome:
    """One question asked of a search that finds `hits` and does `done`."""
    fields = {"id": "q1", "question": "làm khai sinh", "source": "s"} | fields
    question = Question(gold_codes=list(gold), behaviour=wanted, **fields)
    found = tuple(Hit(code, f"Thủ tục {code}", 1 / place, f"khớp {code}") for place, code in enumerate(hits, start=1))
    (made,) = evaluate([question], lambda text, k: SearchResult(text, text, done, confidence, found[:k], 1.0))
    return made
