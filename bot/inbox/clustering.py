"""Groups questions by likeness, and gives each group the name it had yesterday. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bot.inbox.meaning import ALIKE

__all__ = ["central", "groups_of", "keep_names"]

# How much less central a question typed with diacritics may be and still stand for its group.
_READABLE = 0.1


def groups_of(alike: NDArray[np.float64], at_least: float = ALIKE) -> list[list[int]]:
    """Rows of a likeness matrix (n, n) in groups whose questions are alike by `at_least` on average (average linkage),
    each group in row order, groups by their first row.
    """
    if len(alike) < 2:
        return [[row] for row in range(len(alike))]
    from sklearn.cluster import AgglomerativeClustering  # half a second that a service need not wait for

    distance = np.clip(1.0 - (alike + alike.T) / 2, 0.0, 2.0)
    np.fill_diagonal(distance, 0.0)
    labels = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=1.0 - at_least
    ).fit_predict(distance)
    groups: dict[int, list[int]] = {}
    for row, label in enumerate(labels):
        groups.setdefault(int(label), []).append(row)
    return list(groups.values())


def keep_names(groups: Sequence[Sequence[int]], before: Mapping[int, int]) -> list[int | None]:
    """For each group the earlier name that most of its rows carried, each name given once; None where it is new.

    `before` maps a row to its earlier name. The largest overlap chooses first; on a tie the older (smaller) name wins.
    """
    overlaps = [
        (count, -name, place)
        for place, group in enumerate(groups)
        for name, count in Counter(before[row] for row in group if row in before).items()
    ]
    names: list[int | None] = [None] * len(groups)
    given: set[int] = set()
    for _, minus, place in sorted(overlaps, reverse=True):
        if names[place] is None and -minus not in given:
            names[place] = -minus
            given.add(-minus)
    return names


def central(alike: NDArray[np.float64], readable: Sequence[bool] = ()) -> int:
    """The row that is most like all the others, the first of equals; one of the `readable` where they are about as
    central.
    """
    middle = alike.mean(axis=1)
    if len(readable):
        middle = middle + _READABLE * np.asarray(readable, dtype=np.float64)
    return int(np.argmax(middle))
