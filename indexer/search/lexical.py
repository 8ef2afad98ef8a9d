"""Lexical ranking: BM25 over syllables and syllable pairs, with and without diacritics."""

from __future__ import annotations

from collections.abc import Sequence

import bm25s
import numpy as np

from indexer.text import strip_diacritics, syllables

__all__ = ["LexicalIndex", "terms"]


def terms(text: str) -> list[str]:
    """Single syllables and adjacent pairs: Vietnamese words are mostly two syllables (BM25 has no word order)."""
    single = syllables(text)
    return single + [f"{left}_{right}" for left, right in zip(single, single[1:], strict=False)]


class LexicalIndex:
    """BM25 scores of a query against every entry; rebuilt whole, since that takes a fraction of a second."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._size = len(texts)
        self._accented = _bm25([terms(text) for text in texts])
        self._stripped = _bm25([terms(strip_diacritics(text)) for text in texts])

    def scores(self, query: str) -> tuple[np.ndarray, np.ndarray]:
        """(accented, stripped) BM25 scores, each float32 (entries,)."""
        accented = self._accented.scores(terms(query))
        stripped = self._stripped.scores(terms(strip_diacritics(query)))
        return accented, stripped


class _Bm25:
    """bm25s with unknown terms left out (it refuses them) and a zero vector when none is known."""

    def __init__(self, model: bm25s.BM25, vocabulary: set[str], size: int) -> None:
        self._model, self._vocabulary, self._size = model, vocabulary, size

    def scores(self, query: Sequence[str]) -> np.ndarray:
        known = [term for term in query if term in self._vocabulary]
        if not known:
            return np.zeros(self._size, dtype=np.float32)
        return np.asarray(self._model.get_scores(known), dtype=np.float32)


def _bm25(corpus: list[list[str]]) -> _Bm25:
    vocabulary = {term for document in corpus for term in document}
    model = bm25s.BM25(k1=1.2, b=0.6, method="lucene")
    if corpus:
        model.index(corpus, show_progress=False)
    return _Bm25(model, vocabulary if corpus else set(), len(corpus))
