"""A later snapshot from an earlier one: only what changed is encoded, and what was there is shared, not copied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from indexer.encoder import Encoder
from indexer.search import builder
from indexer.search.lexical import LexicalIndex
from indexer.search.snapshot import Snapshot, facts_of, worded
from indexer.search.types import Entry
from knowledge_base.model import Published

__all__ = ["Updated", "completed", "updated"]


@dataclass(frozen=True)
class Updated:
    """`digests` holds the digest of every procedure of `snapshot`."""

    snapshot: Snapshot
    digests: Mapping[str, str]


def updated(
    state: Updated,
    changes: Mapping[str, Published | None],
    revision: int,
    encoder: Encoder,
    vectors: Mapping[str, np.ndarray] | None = None,
    derived: Mapping[str, str] | None = None,
) -> Updated:
    """`state` with `changes` (None: no longer published). The given state stays as it is.

    `vectors` (by text digest) and `derived` (searched form by text) are what was made beforehand.

    What is new is found by meaning at once; by words only after `completed`.
    """
    snapshot, digests = state.snapshot, state.digests
    facts = {code: fact for code, fact in snapshot.facts.items() if code not in changes}
    kept = dict(digests)
    moved: set[str] = set()
    entries: list[Entry] = []
    for code, published in changes.items():
        digest = ""
        if published is not None:
            facts[code] = facts_of(published)
            own = builder.prepare([published.guide])
            digest = own.digests[code]
            if digest != kept.get(code):
                entries.extend(builder.derive(own.entries, derived))
        if digest != kept.get(code, ""):
            moved.add(code)
            kept[code] = digest
    if not moved:
        stale = snapshot.lexical_is_stale
        same = Snapshot(snapshot.table, facts, revision, snapshot.lexical, lexical_is_stale=stale)
        return Updated(same, kept)
    made = builder.encode_entries(entries, encoder, {**snapshot.table.known(moved), **(vectors or {})})
    table = snapshot.table.replace(moved, entries, made)
    return Updated(Snapshot(table, facts, revision, snapshot.lexical, lexical_is_stale=True), kept)


def completed(state: Updated) -> Updated:
    """The same with every text found by words, too."""
    snapshot = state.snapshot
    if not snapshot.lexical_is_stale:
        return state
    lexical = LexicalIndex(worded(snapshot.entries), snapshot.lexical)
    return Updated(Snapshot(snapshot.table, snapshot.facts, snapshot.revision, lexical), state.digests)
