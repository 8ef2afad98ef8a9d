"""What a citizen's question is searched for: normalised, diacritics restored, asked-about words set apart.

A question in another language is left as it was typed; only its asking words are set apart.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from indexer.search.asides import without_circumstance, without_negated
from indexer.text import expand_synonyms, normalise, restore_diacritics
from indexer.text.language import Language, language_of

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
    language: Language = "vi"

    @property
    def empty(self) -> bool:
        """Whether nothing searchable is left (emoji, punctuation)."""
        return not any(char.isalnum() for char in self.normalised)


def understand(text: str, language: Language | None = None) -> Query:
    """The query forms of `text`, which is in `language` (told from the text where not given, Vietnamese where that
    fails). Pure, and safe on any string.
    """
    language = language or language_of(text) or "vi"
    if language != "vi":
        said = _SPACES.sub(" ", unicodedata.normalize("NFC", without_masked(text))).strip()
        return Query(text, said, without_filler(said, language), (), language)
    normalised = without_negated(restore_diacritics(normalise(without_masked(text)).value))
    focus = without_filler(without_circumstance(normalised))
    return Query(text, normalised, focus, tuple(expand_synonyms(focus)))


def without_masked(text: str) -> str:
    """`text` without the clauses that only tell a personal number; without the numbers where nothing else is left."""
    if not _MASKED.search(text):
        return text
    clauses = [clause for clause in _CLAUSE.split(text) if not _MASKED.search(clause) and clause.strip()]
    return ", ".join(clauses) or _MASKED.sub(" ", text)


def without_filler(text: str, language: Language = "vi") -> str:
    """`text` in lower case without greetings, politeness and question words; all of it when nothing else is left."""
    lower = text.casefold()
    return _SPACES.sub(" ", _filler(language).sub(" ", lower)).strip(" .,;:?!-。，？！") or lower


@lru_cache(maxsize=4)
def _filler(language: Language) -> re.Pattern[str]:
    key = "filler" if language == "vi" else f"filler_{language}"
    phrases = yaml.safe_load(_DATA.read_text(encoding="utf-8"))[key]
    longest_first = sorted(phrases, key=len, reverse=True)
    before, after = ("", "") if language == "zh" else (r"(?<!\w)", r"(?!\w)")  # Chinese sets no blanks
    return re.compile(before + "(?:" + "|".join(re.escape(phrase) for phrase in longest_first) + ")" + after)
