"""Exact vector search over a memory-mapped base and a small in-memory delta.

The base never changes; what was added, replaced or removed since it was built lies in the delta and in a set
of dead rows. So an update costs only its own texts, and every replica that maps the base shares its pages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import faiss
import numpy as np

from indexer.search.documents import text_digest
from indexer.search.types import Entry

__all__ = ["VectorTable"]

# Rows at a time (0.8 MB): each is read from memory once for all forms of a question; multiplied as a whole, BLAS would
# copy the table first and take three times as long.
_BLOCK = 512


@dataclass(frozen=True)
class VectorTable:
    """An immutable table of entries and their vectors; `replace` gives a new one. Rows are numbered base first."""

    base_entries: list[Entry]
    base: Any  # faiss.IndexFlatIP (n, dim), possibly memory-mapped
    delta_entries: tuple[Entry, ...] = ()
    delta: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    dead: frozenset[int] = frozenset()

    @classmethod
    def from_vectors(cls, entries: list[Entry], vectors: np.ndarray) -> VectorTable:
        base = faiss.IndexFlatIP(vectors.shape[1])
        base.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(entries, base)

    @property
    def entries(self) -> list[Entry]:
        """All rows, dead ones included (see `alive`)."""
        return [*self.base_entries, *self.delta_entries]

    @property
    def alive(self) -> np.ndarray:
        """bool (rows,): False where a row was replaced or removed."""
        mask = np.ones(len(self.base_entries) + len(self.delta_entries), dtype=bool)
        if self.dead:
            mask[list(self.dead)] = False
        return mask

    def similarities(self, queries: np.ndarray) -> np.ndarray:
        """Cosine of each query (q, dim) with each row: float32 (q, rows)."""
        count = len(self.base_entries)
        result = np.empty((len(queries), count + len(self.delta_entries)), dtype=np.float32)
        # Every row's score is wanted, not the best few: FAISS's heap over all rows costs ten times the product.
        for start in range(0, count, _BLOCK):
            rows = self._base_rows[start : min(start + _BLOCK, count)]
            for query, scores in zip(queries, result[:, start : start + len(rows)], strict=True):
                np.dot(rows, query, out=scores)
        if self.delta_entries:
            result[:, count:] = queries @ self.delta.T
        return result

    @cached_property
    def _base_rows(self) -> np.ndarray:
        """The base's vectors, float32 (n, dim); copied once where the file's header leaves them unaligned for BLAS."""
        flat = faiss.rev_swig_ptr(self.base.get_xb(), self.base.ntotal * self.base.d)
        return np.require(flat.reshape(self.base.ntotal, self.base.d), requirements=["ALIGNED", "C"])

    def rows(self, numbers: list[int]) -> np.ndarray:
        """The vectors of some rows, float32 (len(numbers), dim)."""
        count = len(self.base_entries)
        found = [self.base.reconstruct(int(row)) if row < count else self.delta[row - count] for row in numbers]
        return np.stack(found)

    def vectors(self) -> np.ndarray:
        """All row vectors, float32 (rows, dim)."""
        base = (
            self.base.reconstruct_n(0, len(self.base_entries))
            if self.base_entries
            else np.zeros((0, self.base.d), np.float32)
        )
        return np.concatenate([base, self.delta]) if self.delta_entries else base

    def known(self, codes: set[str]) -> dict[str, np.ndarray]:
        """Text digest to vector of the rows of `codes`: an edit of one sentence encodes that sentence only."""
        base = {
            text_digest(e.text): self.base.reconstruct(row)
            for row, e in enumerate(self.base_entries)
            if e.code in codes
        }
        delta = {text_digest(e.text): self.delta[row] for row, e in enumerate(self.delta_entries) if e.code in codes}
        return base | delta

    def replace(self, codes: set[str], entries: list[Entry], vectors: np.ndarray) -> VectorTable:
        """A table in which the rows of `codes` are gone and `entries` (with `vectors`, float32 (n, dim)) are new."""
        dead = self.dead | {row for row, entry in enumerate(self.base_entries) if entry.code in codes}
        kept = [row for row, entry in enumerate(self.delta_entries) if entry.code not in codes]
        delta_entries = (*(self.delta_entries[row] for row in kept), *entries)
        old = self.delta[kept] if kept else np.zeros((0, self.base.d), dtype=np.float32)
        new = vectors.reshape(-1, self.base.d).astype(np.float32)
        return VectorTable(self.base_entries, self.base, delta_entries, np.concatenate([old, new]), dead)
