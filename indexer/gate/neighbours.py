"""Which guides lie near one in the index: those whose texts say nearly the same."""

from __future__ import annotations

import numpy as np

from indexer.search.snapshot import Snapshot

__all__ = ["nearest"]

_NEAREST = 12


def nearest(snapshot: Snapshot, code: str, most: int = _NEAREST) -> set[str]:
    """The `most` procedures with the text closest to any text of `code`, and all of its family; without itself."""
    facts = snapshot.facts.get(code)
    if facts is None:
        return set()
    family = {other for other, known in snapshot.facts.items() if known.family == facts.family}
    rows = [int(row) for row in np.flatnonzero(snapshot.table.alive) if snapshot.entries[row].code == code]
    if not rows:
        return family - {code}
    similar = snapshot.table.similarities(snapshot.table.rows(rows)).max(axis=0)
    order = np.argsort(-snapshot.best(similar))
    ranked = [snapshot.codes[index] for index in order[: most + 1]]
    return (family | set(ranked)) - {code}
