"""The ranker to beat: BM25 over the syllables of procedure names, as typed."""

from __future__ import annotations

import time
from collections.abc import Sequence

import bm25s
import numpy as np

from indexer.search.documents import plain_name
from indexer.search.types import Hit, SearchResult
from indexer.text import syllables
from knowledge_base.model import Published

__all__ = ["NameBm25"]


class NameBm25:
    """Searches names only; it always answers, since it has no notion of doubt."""

    def __init__(self, published: Sequence[Published]) -> None:
        self._items = list(published)
        corpus = [syllables(plain_name(item.guide.name)) for item in self._items]
        self._known = {syllable for name in corpus for syllable in name}
        self._model = bm25s.BM25()
        self._model.index(corpus, show_progress=False)

    def search(self, text: str, k: int = 10) -> SearchResult:
        started = time.perf_counter()
        asked = [syllable for syllable in syllables(text) if syllable in self._known]
        scores = self._model.get_scores(asked) if asked else np.zeros(len(self._items))
        best = np.argsort(-scores, kind="stable")[:k]
        hits = tuple(
            Hit(self._items[row].code, self._items[row].guide.name, float(scores[row]), "")
            for row in best
            if scores[row]
        )
        took = (time.perf_counter() - started) * 1000
        return SearchResult(text, text, "answer" if hits else "abstain", float(bool(hits)), hits, took)
