"""Finds the guide's own words about a condition or a situation that a citizen describes.

Lexical on purpose: a passage is quoted only when it holds what the question is about, in the question's words or
in those that `data/situations.yml` ties to it. What the guide does not say is never guessed.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from actions.answers.words import content, data, fold
from knowledge_base.model import Guide

__all__ = ["Passage", "find_passages", "passages", "situated", "speaks_of", "vocabulary"]

# Share of the question's weight that a passage must hold to be quoted without a situation's help.
_COVERED = 0.5
_LEAST_WORDS = 2
_SITUATION = 0.6


@dataclass(frozen=True)
class Passage:
    """A text of the guide, word for word, with the part of the guide it stands in."""

    section: str
    text: str


def passages(guide: Guide) -> Iterator[Passage]:
    """Every sentence-like text of `guide` that may answer a question."""
    for text in guide.conditions:
        yield Passage("conditions", text)
    for document in guide.documents:
        if document.note:
            yield Passage("documents", f"{document.name}: {document.note}")
    for section in ("fee", "time"):
        for item in getattr(guide, section):
            if item.note or item.verbatim:
                yield Passage(section, item.note or item.verbatim)
    for text in guide.places:
        yield Passage("places", text)
    for text in guide.steps:
        yield Passage("steps", text)
    for case in guide.cases:
        yield Passage("cases", case.when)
    for related in guide.related:
        yield Passage("related", related.why)
    if guide.summary:
        yield Passage("summary", guide.summary)


def vocabulary(guide: Guide) -> set[str]:
    """Every content syllable of `guide`: its names, its papers and what it says."""
    texts = (guide.name, *guide.short_names, *(document.name for document in guide.documents))
    said = (passage.text for passage in passages(guide))
    return {word for text in (*texts, *said) for word in content(text)}


def find_passages(guide: Guide, question: str, limit: int = 2) -> list[Passage]:
    """The best passages for `question`, at most `limit`; empty when the guide is silent."""
    candidates = list(passages(guide))
    asked = _asked(guide, question)
    weights = _weights(candidates)
    total = sum(weights.get(word, max(weights.values(), default=1.0)) for word in asked)
    patterns = _situation_patterns(fold(question))
    scored = []
    for order, passage in enumerate(candidates):
        shared = asked & set(content(passage.text))
        covered = sum(weights[word] for word in shared) / total if total else 0.0
        situation = any(pattern.search(fold(passage.text)) for pattern in patterns)
        if situation or (covered >= _COVERED and len(shared) >= _LEAST_WORDS):
            scored.append((-(covered + (_SITUATION if situation else 0)), order, passage))
    scored.sort(key=lambda item: item[:2])
    return [passage for _, _, passage in scored[:limit]]


def speaks_of(situation: str, question: str) -> bool:
    """Whether `question` is about a situation of `data/situations.yml`."""
    asks, _ = _by_name()[situation]
    return any(pattern.search(fold(question)) for pattern in asks)


def situated(guide: Guide, situation: str, limit: int = 2) -> list[Passage]:
    """The passages of `guide` that settle a situation, at most `limit`; a fee is never what is paid out."""
    _, answers = _by_name()[situation]
    found = [one for one in passages(guide) if any(pattern.search(fold(one.text)) for pattern in answers)]
    return [one for one in found if one.section != "fee"][:limit]


def _asked(guide: Guide, question: str) -> set[str]:
    """What the question adds to the procedure's name, which every passage is about anyway."""
    names = {word for name in (guide.name, *guide.short_names) for word in content(name)}
    return {word for word in content(question) if word not in names}


def _weights(candidates: list[Passage]) -> dict[str, float]:
    counts = Counter(word for passage in candidates for word in set(content(passage.text)))
    return {word: math.log(1 + len(candidates) / count) for word, count in counts.items()}


def _situation_patterns(folded: str) -> list[re.Pattern[str]]:
    found = (answers for asks, answers in _by_name().values() if any(pattern.search(folded) for pattern in asks))
    return [pattern for answers in found for pattern in answers]


@lru_cache(maxsize=1)
def _by_name() -> dict[str, tuple[list[re.Pattern[str]], list[re.Pattern[str]]]]:
    """What asks about each situation, and what answers it."""
    return {
        name: ([re.compile(text) for text in situation["asks"]], [re.compile(text) for text in situation["answers"]])
        for name, situation in data("situations").items()
    }
