"""Builds and updates vector tables from guides, encoding only texts that are not encoded yet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from indexer.encoder import Encoder
from indexer.search.documents import entries_of, text_digest
from indexer.search.query import understand
from indexer.search.types import Entry, EntryKind
from knowledge_base.model import Guide

__all__ = ["Prepared", "Progress", "derive", "digest_of", "encode_entries", "prepare"]

Progress = Callable[[int, int], None]
_BATCH = 512  # the encoder parts them into runs, one a thread
# Written as citizens type, often without diacritics, to which the encoder is blind: 5,000 of the shipped phrasings.
_AS_TYPED = {EntryKind.QUESTION, EntryKind.SHORT_NAME}


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


def derive(entries: Sequence[Entry], known: Mapping[str, str] | None = None) -> list[Entry]:
    """`entries` with what is searched for each text. `known` maps texts to forms that were derived before."""
    known = known or {}
    return [replace(entry, searched=known.get(entry.text) or _searched(entry)) for entry in entries]


def _searched(entry: Entry) -> str:
    return understand(entry.text).normalised if entry.kind in _AS_TYPED else entry.text


def encode_entries(
    entries: Sequence[Entry], encoder: Encoder, known: dict[str, np.ndarray], progress: Progress | None = None
) -> np.ndarray:
    """Vectors of derived `entries`, float32 (n, dim). `known` maps text digests to vectors that need no encoding."""
    digests = [text_digest(entry.text) for entry in entries]
    fresh = sorted(
        {digest: entry.searched for digest, entry in zip(digests, entries, strict=True) if digest not in known}.items(),
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
