"""A search whose hits carry their feature values, and that goes deeper: to see why a candidate stands where it does."""

from __future__ import annotations

from dataclasses import replace

from indexer.encoder import Encoder
from indexer.evaluation.retrieval import Search
from indexer.search import SearchService
from indexer.search.query import understand
from indexer.search.ranker import FEATURES, candidates
from indexer.search.types import SearchResult

__all__ = ["explainer"]


def explainer(service: SearchService, encoder: Encoder) -> Search:
    """A search like the service's, each hit's `parts` filled with the ranker's features (empty for a typed code)."""

    def explained(text: str, k: int) -> SearchResult:
        result = service.search(text, k)
        query, snapshot = understand(text), service.snapshot
        if query.empty or all(hit.parts for hit in result.hits):
            return result
        pool = candidates(query, snapshot, encoder)
        parts = {
            snapshot.codes[int(code)]: {name: round(float(value), 3) for name, value in zip(FEATURES, row, strict=True)}
            for code, row in zip(pool.codes, pool.features, strict=True)
        }
        hits = tuple(replace(hit, parts=parts.get(hit.code, {})) for hit in result.hits)
        return replace(result, hits=hits)

    return explained
