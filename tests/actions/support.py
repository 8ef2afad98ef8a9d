"""A real, small search over names and citizens' questions, and services over a temporary database.

The search stands in for indexer.search, which needs the built encoder: it is a test fixture, kept simple on purpose.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

from rapidfuzz import fuzz

from actions.answers.words import content, fold
from actions.centres import Centres
from actions.centres.bundle import build_centres
from actions.dossiers.registry.workdays import Workdays
from actions.handoff import Tickets
from actions.messages import Messages
from actions.services import Services
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings
from knowledge_base.loader import GUIDES_DIR, load_tree
from knowledge_base.model import Guide, Origin, Published


@dataclass(frozen=True)
class NameHit:
    code: str
    name: str
    score: float


@dataclass(frozen=True)
class NameResult:
    decision: str
    confidence: float
    hits: Sequence[NameHit]


@dataclass(frozen=True)
class NameStanding:
    code: str
    share: float
    gain: float


class Shelf:
    """Guides by code, as the knowledge base gives them."""

    def __init__(self, published: Sequence[Published]) -> None:
        self._by_code = {item.code: item for item in published}

    def get(self, code: str) -> Published | None:
        return self._by_code.get(code)

    def all(self) -> list[Published]:
        return list(self._by_code.values())


class NameSearch:
    """Best token-set similarity between the text and a guide's names and questions."""

    def __init__(self, shelf: Shelf) -> None:
        self._rows = [
            (item, [fold(text) for text in (item.guide.name, *item.guide.short_names, *item.guide.questions)])
            for item in shelf.all()
        ]

    def search(self, text: str, k: int = 10) -> NameResult:
        wanted = " ".join(content(text)) or fold(text)
        scored = [
            NameHit(item.code, item.guide.name, max(fuzz.token_sort_ratio(wanted, name) for name in names) / 100)
            for item, names in self._rows
        ]
        hits = sorted(scored, key=lambda hit: -hit.score)[:k]
        best, rival = hits[0].score, hits[1].score if len(hits) > 1 else 0.0
        decision = "abstain" if best < 0.6 else "answer" if best - rival >= 0.08 else "clarify"
        return NameResult(decision, best, hits)

    def among(self, text: str, codes: Sequence[str], before: str = "") -> list[NameStanding]:
        found = {hit.code: hit.score for hit in self.search(text, len(self._rows)).hits if hit.code in codes}
        weights = {code: math.exp(score / 0.05) for code, score in found.items()}
        best = sorted(weights.values(), reverse=True)
        gain = math.log(best[0] / best[1]) if len(best) > 1 else 0.0
        made = [NameStanding(code, weight / sum(best), gain) for code, weight in weights.items()]
        return sorted(made, key=lambda standing: -standing.share)


@lru_cache(maxsize=1)
def shipped_guides() -> tuple[Guide, ...]:
    """The curated guides of the product that can be read."""
    return tuple(file.guide for file in load_tree(GUIDES_DIR) if file.guide and not file.errors)


def shelf_of(*guides: Guide, origin: Origin = Origin.CURATED) -> Shelf:
    return Shelf([Published(guide=guide, origin=origin, version=1) for guide in guides])


def services_over(database: Database, shelf: Shelf | None = None, **settings: object) -> Services:
    """Services for the parts under test; of the dossier parts, only the centres."""
    shelf = shelf or shelf_of(*shipped_guides())
    made = Settings(database_url=database.url, **settings)
    return Services(
        settings=made,
        database=database,
        keyring=Keyring(b"k" * 32),
        kb=shelf,
        search=NameSearch(shelf),
        messages=Messages.load(),
        dossiers=SimpleNamespace(
            centres=build_centres(database, made.office_hours, Workdays), calendar=SimpleNamespace(today=Workdays)),
        centres=Centres.load(),
        tickets=Tickets(database),
    )
