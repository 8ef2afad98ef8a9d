"""Builds and updates vector tables from guides, encoding only texts that are not encoded yet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.encoder import Encoder
from indexer.search.documents import entries_of, text_digest
from indexer.search.types import Entry
from knowledge_base.model import Guide

__all__ = ["Progress", "Prepared", "digest_of", "encode_entries", "prepare"]

Progress = Callable[[int, int], None]
_BATCH = 64


@dataclass(frozen=True)
class Prepared:
    """Entries of all guides in order, and one digest a procedure."""

    entries: list[Entry]
    digests: dict[str, str]


def digest_of(entries: Sequence[Entry]) -> str:
    """Changes when any searchable text of a procedure does."""
    joined = "\x1f".join(f"{entry.kind.value}\x1e{entry.text}" for entry in entries)
    return hashlib.sha256(joined.encode()).hexdigest()[:24]


def prepare(guides: Iterable[Guide]) -> Prepared:
    entries: list[Entry] = []
    digests: dict[str, str] = {}
    for guide in guides:
        own = entries_of(guide)
        digests[guide.code] = digest_of(own)
        entries.extend(own)
    return Prepared(entries, digests)


def encode_entries(
    entries: Sequence[Entry], encoder: Encoder, known: dict[str, np.ndarray], progress: Progress | None = None
) -> np.ndarray:
    """Vectors of `entries`, float32 (n, dim). `known` maps text digests to vectors that need no encoding."""
    digests = [text_digest(entry.text) for entry in entries]
    fresh = sorted(
        {digest: entry.text for digest, entry in zip(digests, entries, strict=True) if digest not in known}.items(),
        key=lambda pair: len(pair[1]),
    )
    vectors = dict(known)
    for start in range(0, len(fresh), _BATCH):
        batch = fresh[start : start + _BATCH]
        for (digest, _), vector in zip(batch, encoder.encode_passages([text for _, text in batch]), strict=True):
            vectors[digest] = vector
        if progress:
            progress(min(start + _BATCH, len(fresh)), len(fresh))
    if not entries:
        return np.zeros((0, encoder.dim), dtype=np.float32)
    return np.stack([vectors[digest] for digest in digests]).astype(np.float32)
