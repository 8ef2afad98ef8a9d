"""What the words of a question say of its candidates beyond the ranker's features: how much of the question each
explains, and whether another authority's record is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import yaml

from indexer.search.query import Query
from indexer.search.snapshot import Snapshot
from indexer.text import strip_diacritics, syllables

__all__ = ["LOOKED_AT", "ahead", "wording"]

LOOKED_AT = 10  # candidates that `ahead` compares; further ones hardly ever explain more
_DATA = Path(__file__).parent / "data" / "authorities.yml"


def wording(query: Query, snapshot: Snapshot, indices: np.ndarray) -> np.ndarray:
    """float32 (candidates, 2) of the procedures `indices` (into snapshot.codes): the share of the question's words, by
    rarity, that stand in any text of the procedure; 1 where the question names another authority than its name.
    """
    said: dict[str, float] = {}
    for syllable in set(syllables(query.focus)):
        bare = strip_diacritics(syllable)
        said[bare] = max(said.get(bare, 0.0), snapshot.names.weight(syllable))
    whole = sum(said.values()) or 1.0
    asked = _authority(query.normalised.casefold(), "asked") if query.language == "vi" else ""
    rows = []
    for index in indices:
        held = snapshot.words(int(index))
        named = _authority(snapshot.facts[snapshot.codes[index]].name.casefold(), "named") if asked else ""
        explained = sum(mass for word, mass in said.items() if word in held) / whole
        rows.append((explained, float(bool(named) and named != asked)))
    return np.array(rows, dtype=np.float32).reshape(-1, 2)


def ahead(shares: np.ndarray, families: Sequence[str]) -> float:
    """How much more of the question the first candidate explains than the best of another family; `shares` and
    `families` in order, the best candidate first.
    """
    others = [float(share) for share, family in zip(shares, families, strict=False) if family != families[0]]
    return float(shares[0]) - max(others, default=0.0)


def _authority(text: str, how: str) -> str:
    """The authority that `text` names, or "": `asked` by a citizen, or `named` in an official name."""
    return next((name for name, patterns in _authorities().items() if patterns[how].search(text)), "")


@lru_cache(maxsize=1)
def _authorities() -> dict[str, dict[str, re.Pattern[str]]]:
    data = yaml.safe_load(_DATA.read_text(encoding="utf-8"))
    return {name: {how: re.compile(each) for how, each in ways.items()} for name, ways in data.items()}
