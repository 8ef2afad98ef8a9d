"""What a question is compared by: its sentence vectors, and the procedures that search thinks of.

Two questions are alike by the cosine of their vectors and by the cosine of their candidates' scores, weighed so that
both pure cases work: where a guide exists, the candidates tell phrasings of one matter together that share no word;
where none does, the sentences decide. Weights and threshold were chosen on the development questions
(`tools/measure_clusters.py`; figures in docs/results.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.search.query import understand
from indexer.text import strip_diacritics, syllables

__all__ = [
    "ALIKE", "Meaning", "Meanings", "Understanding", "Vector", "candidate_likeness", "digest_of", "folded", "likeness",
    "unit_scores",
]

ALIKE = 0.45
"""The mean likeness (0–1) to a group's questions from which a question belongs to it."""
_BY_CANDIDATES = 0.35
_CANDIDATES = 20
Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Meaning:
    """`vector`: float32 of unit length; `scores`: the candidates' probabilities by code; `gap`: whether search finds
    nothing that fits.
    """

    vector: Vector
    scores: Mapping[str, float] = field(default_factory=dict)
    gap: bool = False

    @property
    def near(self) -> dict[str, float]:
        """The scores as a vector of unit length."""
        return unit_scores(self.scores)


class Understanding(Protocol):
    """What of `indexer.search.SearchService` the inbox works with."""

    @property
    def ready(self) -> bool: ...
    @property
    def encoder(self) -> Any: ...
    @property
    def snapshot(self) -> Any: ...
    def search(self, text: str, k: int = 10) -> Any: ...
    def examine(self, text: str, snapshot: Any = None) -> Any: ...


class Meanings:
    """Makes meanings with the service's own encoder and index. Costs two encodings and a search a question."""

    def __init__(self, search: Understanding) -> None:
        self._search = search

    @property
    def ready(self) -> bool:
        return bool(self._search.ready)

    def of(self, text: str) -> Meaning:
        """Raises NotReady before the index is built."""
        query = understand(text)
        forms = self._search.encoder.encode_queries([query.normalised or text, query.focus or text])
        found = self._search.search(text, k=_CANDIDATES)
        return Meaning(
            unit(np.concatenate([forms[0], forms[1]])),
            {hit.code: round(float(hit.score), 5) for hit in found.hits}, found.decision == "abstain")


def likeness(vectors: Vector, nears: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
    """How alike each pair is: (n, n), 1 on the diagonal where candidates are known."""
    codes = {code: place for place, code in enumerate(sorted({code for near in nears for code in near}))}
    scores = np.zeros((len(nears), max(len(codes), 1)), dtype=np.float32)
    for row, near in enumerate(nears):
        for code, score in near.items():
            scores[row, codes[code]] = score
    alike = (1 - _BY_CANDIDATES) * (vectors @ vectors.T) + _BY_CANDIDATES * (scores @ scores.T)
    return np.asarray(alike, dtype=np.float64)


def candidate_likeness(meaning: Meaning, centres: Vector, nears: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
    """The mean likeness of one question to the questions of each group: `centres` and `nears` are means, so that the
    product with a mean is the mean of the products.
    """
    shared = [sum(score * near.get(code, 0.0) for code, score in meaning.near.items()) for near in nears]
    dense = centres @ meaning.vector
    return np.asarray((1 - _BY_CANDIDATES) * dense + _BY_CANDIDATES * np.asarray(shared), dtype=np.float64)


def digest_of(question: str) -> str:
    """The same for one question however it is typed: case, diacritics and punctuation apart."""
    return hashlib.sha256((folded(question) or question.strip().casefold()).encode()).hexdigest()[:32]


def folded(text: str) -> str:
    """The syllables of `text` in lower case without diacritics, as people search for them."""
    return " ".join(syllables(strip_diacritics(understand(text).normalised)))


def unit(vector: Vector) -> Vector:
    length = float(np.linalg.norm(vector))
    return (vector / length if length else vector).astype(np.float32)


def unit_scores(scores: Mapping[str, float]) -> dict[str, float]:
    length = sum(score * score for score in scores.values()) ** 0.5
    return {code: round(score / length, 5) for code, score in scores.items()} if length else {}
