"""Fits the frozen encoder to procedures: two linear maps over its vectors, for questions and for searched texts.

Learnt by `python -m indexer.training.adapter` from the product's own phrasings, pulled towards identity. Small enough
to ship (under 1 MB); it holds for the encoder that it was learnt on and is left out for any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.encoder import Encoder

__all__ = ["AdaptedEncoder", "Adapter", "adapted"]

Vectors = npt.NDArray[np.float32]

_SHIPPED = Path(__file__).parent / "data" / "adapter.npz"


@dataclass(frozen=True)
class Adapter:
    """`query`, `passage`: float32 (dim, dim), applied as `vectors @ matrix.T`. `source`: what the encoder that
    they were learnt on was built from (SHA-256 of the embedded weights).
    """

    query: Vectors
    passage: Vectors
    source: str

    @classmethod
    @lru_cache(maxsize=1)
    def shipped(cls) -> Adapter:
        """The maps that the product ships."""
        return cls.load(_SHIPPED)

    @classmethod
    def load(cls, path: Path) -> Adapter:
        """The maps in a file that `save` wrote."""
        with np.load(path, allow_pickle=False) as data:
            return cls(data["query"].astype(np.float32), data["passage"].astype(np.float32), str(data["source"]))

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.query.tobytes() + self.passage.tobytes()).hexdigest()[:16]

    def save(self, path: Path = _SHIPPED) -> None:
        """Half precision: a tenth of a thousandth in the cosine, half the file."""
        np.savez_compressed(
            path,
            query=self.query.astype(np.float16),
            passage=self.passage.astype(np.float16),
            source=np.array(self.source),
        )


class AdaptedEncoder:
    """An encoder whose vectors went through an adapter. Is an `Encoder`."""

    def __init__(self, base: Encoder, adapter: Adapter) -> None:
        self.base, self._adapter = base, adapter

    @property
    def dim(self) -> int:
        return self.base.dim

    @property
    def fingerprint(self) -> str:
        return f"{self.base.fingerprint}+{self._adapter.digest}"

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Questions as float32 (n, dim), rows of unit length."""
        return _mapped(self.base.encode_queries(texts), self._adapter.query)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Searched texts as float32 (n, dim), rows of unit length."""
        return _mapped(self.base.encode_passages(texts), self._adapter.passage)


def _mapped(vectors: Vectors, matrix: Vectors) -> Vectors:
    mapped = vectors @ matrix.T
    return mapped / np.maximum(np.linalg.norm(mapped, axis=1, keepdims=True), 1e-12)


def adapted(base: Encoder, source: str) -> Encoder:
    """`base`, which was built from `source`, behind the shipped adapter if that was learnt on the same; else `base`."""
    adapter = Adapter.shipped() if _SHIPPED.exists() else None
    return AdaptedEncoder(base, adapter) if adapter and adapter.source == source else base
