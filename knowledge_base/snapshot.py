"""What is published, held in memory: an immutable view of one revision, with look-up and search."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from knowledge_base.model import Guide, Level, Origin, Published

__all__ = ["PRECEDENCE", "Key", "Page", "Snapshot", "effective", "fold"]

PRECEDENCE = (Origin.CURATED, Origin.IMPORTED, Origin.CATALOGUE)
Key = tuple[str, Origin]


@dataclass(frozen=True)
class Page:
    """One page of a listing; `total` counts all pages' items, `page` starts at 1."""

    items: Sequence[Published]
    total: int
    page: int
    size: int


def fold(text: str) -> str:
    """Lower case without diacritics, for finding what is typed either way."""
    bare = "".join(sign for sign in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(sign))
    return " ".join(bare.replace("đ", "d").split())


def effective(guide: Guide, day: date) -> bool:
    """Whether the guide is in force on `day`."""
    return (guide.effective_from is None or guide.effective_from <= day) and (
        guide.effective_to is None or guide.effective_to >= day
    )


class Snapshot:
    """The published guides at `revision`, as they count on `day`: curated over imported over catalogue."""

    def __init__(self, revision: int, day: date, published: Mapping[Key, Published]) -> None:
        self.revision = revision
        self.day = day
        self.published = published

    @cached_property
    def current(self) -> dict[str, Published]:
        """By code, the one guide that is answered from; codes with none in force are absent."""
        chosen: dict[str, Published] = {}
        for origin in PRECEDENCE:
            for (code, found_origin), item in self.published.items():
                if found_origin is origin and code not in chosen and effective(item.guide, self.day):
                    chosen[code] = item
        return dict(sorted(chosen.items()))

    @cached_property
    def _folded(self) -> list[tuple[str, Published]]:
        return [(_search_text(item.guide), item) for item in self.current.values()]

    def find(self, q: str | None, field: str | None, level: Level | None, page: int, size: int) -> Page:
        """Guides whose name, short names or code contain every word of `q`, best first."""
        wanted = fold(q or "")
        words = wanted.split()
        found = [
            item
            for text, item in self._folded
            if all(word in text for word in words)
            and (field is None or fold(item.guide.field) == fold(field))
            and (level is None or level in item.guide.levels)
        ]
        if wanted:
            found.sort(key=lambda item: _rank(item, wanted))
        start = (page - 1) * size
        return Page(found[start : start + size], len(found), page, size)

    def fields(self) -> list[tuple[str, int]]:
        """Fields with their number of guides, the largest first."""
        counts = Counter(item.guide.field for item in self.current.values())
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))

    def moved(self, revision: int, day: date, changes: Iterable[tuple[Key, Published | None]]) -> Snapshot:
        """A later snapshot: this one with `changes` applied (None: withdrawn)."""
        published = dict(self.published)
        keys = []
        for key, item in changes:
            keys.append(key)
            if item is None:
                published.pop(key, None)
            else:
                published[key] = item
        made = Snapshot(revision, day, published)
        if day == self.day and "current" in self.__dict__:
            made.__dict__["current"] = self._current_after({code for code, _ in keys}, published)
        return made

    def _current_after(self, codes: Iterable[str], published: Mapping[Key, Published]) -> dict[str, Published]:
        """`current` with only `codes` chosen anew."""
        chosen = dict(self.current)
        for code in codes:
            items = (published.get((code, origin)) for origin in PRECEDENCE)
            item = next((item for item in items if item is not None and effective(item.guide, self.day)), None)
            if item is None:
                chosen.pop(code, None)
            else:
                chosen[code] = item
        return dict(sorted(chosen.items()))


def _search_text(guide: Guide) -> str:
    return fold(" | ".join((guide.code, guide.name, *guide.short_names)))


def _rank(item: Published, wanted: str) -> tuple[int, int, int]:
    """Exact names first, then the phrase as typed, then all its words apart; curated and shorter before others."""
    names = [item.code, fold(item.guide.name), *(fold(name) for name in item.guide.short_names)]
    tier = 0 if wanted in names else 1 if any(wanted in name for name in names) else 2
    return tier, PRECEDENCE.index(item.origin), len(item.guide.name)
