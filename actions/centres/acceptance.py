"""Which centres take a procedure: any one in the province, unless the guide says otherwise.

Decree 118/2025/NĐ-CP: commune-level centres take dossiers regardless of the boundary inside a province. A guide's
`places` and `channels` may say otherwise (the police, the tax office, the commune of residence).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from actions.answers.words import fold, has_phrase
from knowledge_base.model import Channel, Guide

__all__ = ["Acceptance", "Where", "accepts"]

_DATA = Path(__file__).parent / "data" / "acceptance.yml"


class Where(IntEnum):
    """From nowhere to anywhere; of several places that a guide names, the widest counts."""

    NOT_IN_PERSON = 0
    ELSEWHERE = 1
    PROVINCE = 2
    OWN = 3
    ANY = 4


@dataclass(frozen=True)
class Acceptance:
    """`places` are the guide's own words on it, all of them."""

    where: Where
    places: tuple[str, ...] = ()

    @property
    def at_centre(self) -> bool:
        """Whether a commune's centre takes it at all."""
        return self.where in (Where.ANY, Where.OWN)


def accepts(guide: Guide) -> Acceptance:
    """Where the procedure of `guide` can be handed in."""
    places = tuple(guide.places)
    if guide.channels and Channel.DIRECT not in guide.channels:
        return Acceptance(Where.NOT_IN_PERSON, places)
    if not places:
        return Acceptance(Where.ANY)
    return Acceptance(max(_where(fold(place)) for place in places), places)


def _where(place: str) -> Where:
    words = _words()
    if not _has(place, words["centre"]):
        return Where.ELSEWHERE
    if _has(place, words["anywhere"]):
        return Where.ANY
    if _has(place, words["province"]) and not _has(place, words["commune"]):
        return Where.PROVINCE
    return Where.OWN if _has(place, words["own"]) else Where.ANY


def _has(place: str, phrases: Sequence[str]) -> bool:
    return any(has_phrase(place, phrase) for phrase in phrases)


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    words: dict[str, Any] = yaml.safe_load(_DATA.read_text("utf-8"))
    return words
