"""Lexical ranking: BM25 over syllables and syllable pairs, with and without diacritics."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import bm25s
import numpy as np

from indexer.text import strip_diacritics, syllables

__all__ = ["LexicalIndex", "terms"]


def terms(text: str) -> list[str]:
    """Single syllables and adjacent pairs: Vietnamese words are mostly two syllables (BM25 has no word order)."""
    single = syllables(text)
    return single + [f"{left}_{right}" for left, right in zip(single, single[1:], strict=False)]


class LexicalIndex:
    """BM25 scores of a query against every entry. Built whole; `previous` saves splitting texts that it knew.

    None in the place of a text is no document at all: it scores 0 and changes no other score.
    """

    def __init__(self, texts: Sequence[str | None], previous: LexicalIndex | None = None) -> None:
        self._accented: _Bm25 = _Bm25(texts, terms, previous._accented if previous else None)
        self._stripped: _Bm25 = _Bm25(texts, _stripped_terms, previous._stripped if previous else None)

    def scores(self, query: str) -> tuple[np.ndarray, np.ndarray]:
        """(accented, stripped) BM25 scores, each float32 (entries,)."""
        return self._accented.scores(query), self._stripped.scores(query)

    def accented(self, query: str) -> np.ndarray:
        """The first of both `scores`."""
        return self._accented.scores(query)


class _Bm25:
    """What bm25s makes of the texts: for each term its score in each text that holds it. Unknown terms score zero."""

    def __init__(self, texts: Sequence[str | None], split: Callable[[str], list[str]], previous: _Bm25 | None) -> None:
        self._split, self._size = split, len(texts)
        held = [text for text in texts if text is not None]
        self._vocabulary: dict[str, int] = dict(previous._vocabulary) if previous else {}
        known: dict[str, list[int]] = previous._ids if previous else {}
        self._ids: dict[str, list[int]] = {text: known.get(text) or self._numbered(text) for text in held}
        # The column of a term: `_rows` and `_scores` from `_starts[term]` to `_starts[term + 1]`.
        self._starts = np.zeros(len(self._vocabulary) + 1, dtype=np.int64)
        self._rows, self._scores = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        if held:
            model = bm25s.BM25(k1=1.2, b=0.6, method="lucene")
            model.index(([self._ids[text] for text in held], self._vocabulary), show_progress=False)
            places = np.array([place for place, text in enumerate(texts) if text is not None], dtype=np.int64)
            self._starts = model.scores["indptr"]
            self._rows, self._scores = places[model.scores["indices"]], model.scores["data"]

    def _numbered(self, text: str) -> list[int]:
        return [self._vocabulary.setdefault(term, len(self._vocabulary)) for term in self._split(text)]

    def scores(self, query: str) -> np.ndarray:
        """float32 (entries,)."""
        scores = np.zeros(self._size, dtype=np.float32)
        for term in self._split(query):
            number = self._vocabulary.get(term)
            if number is not None:
                column = slice(self._starts[number], self._starts[number + 1])
                scores[self._rows[column]] += self._scores[column]  # a text stands once in a column
        return scores


def _stripped_terms(text: str) -> list[str]:
    return terms(strip_diacritics(text))
