"""How much of what procedures are called stands in a question, for all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import numpy as np

__all__ = ["Names", "idf"]

_UNSEEN_IDF = 4.0


class Names:
    """The syllables of each procedure's names (`Facts.called`), weighed by `idf`. Read-only."""

    def __init__(self, called: Sequence[Sequence[frozenset[str]]], weight: Mapping[str, float]) -> None:
        """`called`: at least one name a procedure, its official one first."""
        self._weight = weight
        self._first = np.cumsum([0, *(len(names) for names in called)])[:-1]
        holders: dict[str, list[int]] = {}
        masses = []
        for place, name in enumerate(name for names in called for name in names):
            masses.append(self._mass(name) or 1.0)
            for syllable in name:
                holders.setdefault(syllable, []).append(place)
        self._masses = np.array(masses)
        self._holders = {syllable: np.array(places) for syllable, places in holders.items()}

    def shares(self, asked: Set[str], pool: np.ndarray) -> np.ndarray:
        """float32 (pool, 3): the share of the official name that was `asked`, the share of what was asked that it
        holds, and the best product of both over all names. `pool`: indices of procedures.
        """
        held = np.zeros(len(self._masses))
        for syllable in asked & self._holders.keys():
            held[self._holders[syllable]] += self._weight.get(syllable, _UNSEEN_IDF)
        of_name, of_query = held / self._masses, held / (self._mass(asked) or 1.0)
        best = np.maximum.reduceat(of_name * of_query, self._first)
        official = self._first[pool]
        return np.stack([of_name[official], of_query[official], best[pool]], axis=1).astype(np.float32)

    def weight(self, syllable: str) -> float:
        """How much a syllable says: its inverse frequency in names, that of a rare one where no name holds it."""
        return self._weight.get(syllable, _UNSEEN_IDF)

    def _mass(self, syllables: Set[str]) -> float:
        return sum(self._weight.get(syllable, _UNSEEN_IDF) for syllable in syllables)


def idf(names: Sequence[frozenset[str]]) -> dict[str, float]:
    """Inverse document frequency of each syllable over procedure names."""
    counts: dict[str, int] = {}
    for name in names:
        for syllable in name:
            counts[syllable] = counts.get(syllable, 0) + 1
    total = len(names) or 1
    return {syllable: float(np.log(1 + total / count)) for syllable, count in counts.items()}
