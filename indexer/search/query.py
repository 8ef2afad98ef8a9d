"""What a citizen's question is searched for: normalised, diacritics restored, asked-about words set apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from indexer.text import expand_synonyms, normalise, restore_diacritics

__all__ = ["Query", "understand", "without_filler", "without_masked"]

_DATA = Path(__file__).parent / "data" / "filler.yml"
_SPACES = re.compile(r"\s+")
# A masked personal number says nothing about the procedure.
_MASKED = re.compile(r"\S*•\S*")
_CLAUSE = re.compile(r"[,;.!?\n]+\s*")


@dataclass(frozen=True, slots=True)
class Query:
    """`text` as typed; `normalised` with diacritics restored; `focus` without filler; `expansions` by synonyms."""

    text: str
    normalised: str
    focus: str
    expansions: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing searchable is left (emoji, punctuation)."""
        return not any(char.isalnum() for char in self.normalised)


def understand(text: str) -> Query:
    """The query forms of `text`. Pure, and safe on any string."""
    normalised = restore_diacritics(normalise(without_masked(text)).value)
    focus = without_filler(normalised)
    return Query(text, normalised, focus, tuple(expand_synonyms(focus)))


def without_masked(text: str) -> str:
    """`text` without the clauses that only tell a personal number; without the numbers where nothing else is left."""
    if not _MASKED.search(text):
        return text
    clauses = [clause for clause in _CLAUSE.split(text) if not _MASKED.search(clause) and clause.strip()]
    return ", ".join(clauses) or _MASKED.sub(" ", text)


def without_filler(text: str) -> str:
    """`text` in lower case without greetings, politeness and question words; all of it when nothing else is left."""
    lower = text.casefold()
    return _SPACES.sub(" ", _filler().sub(" ", lower)).strip(" .,;:?!-") or lower


@lru_cache(maxsize=1)
def _filler() -> re.Pattern[str]:
    phrases = yaml.safe_load(_DATA.read_text(encoding="utf-8"))["filler"]
    longest_first = sorted(phrases, key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(re.escape(phrase) for phrase in longest_first) + r")(?!\w)")
