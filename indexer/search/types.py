"""What a search returns, and what it is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

__all__ = ["Decision", "Entry", "EntryKind", "Hit", "SearchResult"]

Decision = Literal["answer", "clarify", "abstain"]


class EntryKind(StrEnum):
    """What part of a guide a vector was made from."""

    NAME = "name"
    SHORT_NAME = "short_name"
    QUESTION = "question"
    SUMMARY = "summary"
    RESULT = "result"
    ENGLISH = "english"


@dataclass(frozen=True, slots=True)
class Entry:
    """One searchable text of one procedure. `searched` is what is encoded and split into words: `text` treated as a
    question is, its diacritics restored. It is derived when an index is built, and stored there.
    """

    code: str
    kind: EntryKind
    text: str
    searched: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """One candidate. `score` (0–1) orders candidates; `matched` is the guide's text that came closest."""

    code: str
    name: str
    score: float
    matched: str
    parts: dict[str, float] = field(default_factory=dict, compare=False)

    def public(self) -> dict[str, Any]:
        return {"code": self.code, "name": self.name, "score": round(self.score, 4), "matched": self.matched}


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer of one search. `confidence` is the calibrated probability that the first hit is right."""

    query: str
    normalised: str
    decision: Decision
    confidence: float
    hits: tuple[Hit, ...]
    took_ms: float

    def public(self) -> dict[str, Any]:
        """The shape of `GET /api/v1/search`."""
        return {
            "query": self.query,
            "normalised": self.normalised,
            "decision": self.decision,
            "confidence": round(self.confidence, 4),
            "hits": [hit.public() for hit in self.hits],
            "took_ms": round(self.took_ms, 2),
        }
