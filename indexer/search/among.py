"""How well a reply fits each of a few procedures that were offered: the index's own ranking, kept to those.

The offered procedures are ranked as if the knowledge base held nothing else, so that what all of them share weighs
little and what tells them apart weighs much. A reply is short and leans on the question before it ("bị mất" after
"làm căn cước"), so it is judged twice: alone, and by what it changes when it is joined to that question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.encoder import Encoder
from indexer.search.query import understand
from indexer.search.ranker import Ranker, candidates
from indexer.search.snapshot import Snapshot

__all__ = ["Standing", "restricted", "standings"]


@dataclass(frozen=True, slots=True)
class Standing:
    """One offered procedure. `share`: 0 to 1, over all offered 1. `gain`: by how much the reply raises it above the
    next one compared with the question alone, in log odds of the ranker; negative where it raises another more.
    """

    code: str
    share: float
    gain: float


def restricted(snapshot: Snapshot, codes: Sequence[str]) -> Snapshot:
    """`snapshot` with the procedures of `codes` alone; codes that it lacks are left out."""
    facts = {code: snapshot.facts[code] for code in codes if code in snapshot.facts}
    stale = snapshot.lexical_is_stale
    return Snapshot(snapshot.table, facts, snapshot.revision, snapshot.lexical, lexical_is_stale=stale)


def standings(
    text: str, codes: Sequence[str], before: str, snapshot: Snapshot, encoder: Encoder, ranker: Ranker
) -> list[Standing]:
    """The known procedures of `codes`, the best fitting `text` first. `before` is the question that the offer answered,
    "" where it isn't known. Empty where `text` holds nothing searchable or none of `codes` is known.
    """
    if understand(text).empty or not any(code in snapshot.facts for code in codes):
        return []
    few = restricted(snapshot, codes)
    alone = _scores(text, few, encoder, ranker)
    if understand(before).empty:
        total = shift = alone
    else:
        # What the reply adds to the question: that the question alone favours one of them is why it was asked back.
        shift = _scores(f"{before}, {text}", few, encoder, ranker) - _scores(before, few, encoder, ranker)
        total = (alone + shift) / 2
    shares = ranker.probabilities(total)
    found = [
        Standing(code, float(shares[place]), _ahead(shift, place) / ranker.temperature)
        for place, code in enumerate(few.codes)
    ]
    return sorted(found, key=lambda standing: -standing.share)


def _scores(text: str, few: Snapshot, encoder: Encoder, ranker: Ranker) -> np.ndarray:
    """The ranker's score of each procedure of `few`: float32 (procedures,), in the order of `few.codes`."""
    pool = candidates(understand(text), few, encoder)
    scores = np.zeros(len(few.codes), dtype=np.float32)
    scores[pool.codes] = ranker.scores(pool.features)
    return scores


def _ahead(scores: np.ndarray, place: int) -> float:
    """How far the score at `place` is above the best other; 0 where there is no other."""
    others = np.delete(scores, place)
    return float(scores[place] - others.max()) if len(others) else 0.0
