"""One consistent state of everything a search reads; a new state replaces it as a whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from indexer.search.documents import plain_name
from indexer.search.lexical import LexicalIndex
from indexer.search.names import Names, idf
from indexer.search.types import Entry, EntryKind
from indexer.search.vectors import VectorTable
from indexer.text import strip_diacritics, syllables
from knowledge_base.catalogue import foreign_province
from knowledge_base.demand import demand_tiers
from knowledge_base.model import Level, Published
from knowledge_base.twins import twins

__all__ = ["Facts", "Snapshot", "facts_of", "worded"]

_TIERS = 3


@dataclass(frozen=True, slots=True)
class Facts:
    """What ranking needs of a procedure besides its texts.

    `called`: the syllables of its plain official name, then of each short name.
    `family` is the same for records of one matter. `stands_back`: another record of the matter is the one to answer
    with here. `demand`: 1 for the procedures asked about every week, less for rarer ones, 0 outside the 200.
    """

    name: str
    family: str
    called: tuple[frozenset[str], ...]
    commune: bool
    ministry_only: bool
    stands_back: bool
    demand: float


def facts_of(published: Published) -> Facts:
    guide = published.guide
    name = plain_name(guide.name)
    group = twins().group_of(guide.code)
    tier = demand_tiers().get(guide.code)
    return Facts(
        name=guide.name,
        family=f"twins:{group.preferred}" if group else " ".join(syllables(strip_diacritics(name))),
        called=tuple(frozenset(syllables(text)) for text in (name, *guide.short_names)),
        commune=Level.COMMUNE in guide.levels,
        ministry_only=set(guide.levels) <= {Level.MINISTRY, Level.OTHER} and bool(guide.levels),
        stands_back=not twins().is_preferred(guide.code) or foreign_province(guide.code) is not None,
        demand=(_TIERS + 1 - tier) / _TIERS if tier else 0.0,
    )


_VIETNAMESE = frozenset(EntryKind) - {EntryKind.ENGLISH}


def worded(entries: Sequence[Entry], kinds: Collection[EntryKind] = _VIETNAMESE) -> list[str | None]:
    """What each entry is found by in words; None where its kind is not searched."""
    return [entry.searched if entry.kind in kinds else None for entry in entries]


class Snapshot:
    """Vectors, lexical index and facts of one knowledge-base revision. Read-only, shared between threads.

    `lexical` may be an earlier snapshot's; with `lexical_is_stale` it counts for the base rows only.
    """

    def __init__(
        self,
        table: VectorTable,
        facts: Mapping[str, Facts],
        revision: int,
        lexical: LexicalIndex | None = None,
        *,
        lexical_is_stale: bool = False,
        foreign: bool = False,
    ) -> None:
        """`foreign`: what questions in other languages are searched in (`abroad`)."""
        self.table = table
        self.facts = dict(facts)
        self.revision = revision
        entries = table.entries
        alive = table.alive & np.fromiter((entry.code in self.facts for entry in entries), bool, len(entries))
        named = _names(entries, alive) if foreign else None
        kinds = {EntryKind.ENGLISH, EntryKind.NAME} if foreign else _VIETNAMESE
        spoken = np.fromiter((entry.kind in kinds for entry in entries), bool, len(entries))
        alive &= spoken
        self.lexical_is_stale = lexical_is_stale
        self.lexical = lexical or LexicalIndex(worded(entries, kinds))
        self.entries = entries
        self.codes = sorted({entry.code for row, entry in enumerate(entries) if alive[row]})
        position = {code: index for index, code in enumerate(self.codes)}
        rows = np.flatnonzero(alive)
        owner = np.fromiter((position[entries[row].code] for row in rows), np.int64, len(rows))
        order = np.argsort(owner, kind="stable")
        self._rows = rows[order]
        self._starts = np.searchsorted(owner[order], np.arange(len(self.codes)))
        is_name = np.fromiter(
            (row in named if named is not None else entries[row].kind is EntryKind.NAME for row in self._rows),
            bool, len(self._rows))
        self._name_rows = self._rows[is_name]
        ranked = [self.facts[code] for code in self.codes]
        self._words: dict[int, frozenset[str]] = {}
        self.names = Names([fact.called for fact in ranked], idf([fact.called[0] for fact in ranked]))
        # float32 (procedures, 4): what ranking takes over as it is
        self.traits = np.array(
            [(fact.commune, fact.ministry_only, fact.stands_back, fact.demand) for fact in ranked], dtype=np.float32
        ).reshape(-1, 4)

    @cached_property
    def abroad(self) -> Snapshot:
        """The same procedures for questions in other languages: by their English names and phrasings, by their
        Vietnamese names where they have none. Made when first asked for.
        """
        english: dict[str, list[frozenset[str]]] = {}
        for entry in self.entries:
            if entry.kind is EntryKind.ENGLISH:
                english.setdefault(entry.code, []).append(frozenset(syllables(entry.text)))
        facts = {
            code: replace(fact, called=tuple(english[code])) if code in english else fact
            for code, fact in self.facts.items()
        }
        return Snapshot(self.table, facts, self.revision, foreign=True)

    def best(self, row_scores: np.ndarray) -> np.ndarray:
        """The best score of each procedure's rows: float32 (procedures,), in the order of `codes`."""
        return np.maximum.reduceat(row_scores[self._rows], self._starts)

    def best_row(self, row_scores: np.ndarray, code_index: int) -> int:
        """The row of a procedure that scores best."""
        end = self._starts[code_index + 1] if code_index + 1 < len(self._starts) else len(self._rows)
        rows = self._rows[self._starts[code_index] : end]
        return int(rows[np.argmax(row_scores[rows])])

    def second(self, row_scores: np.ndarray, code_indices: np.ndarray) -> np.ndarray:
        """The second-best score of the rows of each procedure in `code_indices` (the best where there is one row)."""
        starts, ends = self._starts[code_indices], np.append(self._starts, len(self._rows))[code_indices + 1]
        counts = ends - starts
        last = np.cumsum(counts) - 1
        place = np.repeat(np.arange(len(counts)), counts)
        rows = self._rows[np.arange(len(place)) + (ends - 1 - last)[place]]
        scores = row_scores[rows]
        return scores[np.lexsort((scores, place))][last - (counts > 1)]

    def words(self, index: int) -> frozenset[str]:
        """The syllables, without diacritics, of all texts of a procedure (`index` into codes). Kept once made."""
        if index not in self._words:
            end = self._starts[index + 1] if index + 1 < len(self._starts) else len(self._rows)
            texts = (self.entries[row].searched.casefold() for row in self._rows[self._starts[index] : end])
            self._words[index] = frozenset(word for text in texts for word in syllables(strip_diacritics(text)))
        return self._words[index]

    def lexical_scores(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """(accented, stripped) BM25 scores, float32 (rows,) each; zero for rows that the lexical index lacks."""
        accented, stripped = self.lexical.scores(text)
        return self._as_known(accented), self._as_known(stripped)

    def accented_scores(self, text: str) -> np.ndarray:
        """The first of both `lexical_scores`."""
        return self._as_known(self.lexical.accented(text))

    def _as_known(self, scores: np.ndarray) -> np.ndarray:
        if not self.lexical_is_stale:
            return scores
        known = len(self.table.base_entries)
        return np.pad(scores[:known], (0, len(self.entries) - known))

    def of_names(self, row_scores: np.ndarray) -> np.ndarray:
        """The score of each procedure's official name: float32 (procedures,)."""
        return row_scores[self._name_rows]


def _names(entries: Sequence[Entry], alive: np.ndarray) -> set[int]:
    """The row of each procedure's English name, of its Vietnamese one where it has none."""
    rows: dict[str, int] = {}
    for row, entry in enumerate(entries):
        first = alive[row] and (entry.code not in rows or entries[rows[entry.code]].kind is EntryKind.NAME)
        if first and entry.kind in (EntryKind.ENGLISH, EntryKind.NAME):
            rows[entry.code] = row
    return set(rows.values())
