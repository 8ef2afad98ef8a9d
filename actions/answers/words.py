"""The words of a turn, folded for comparison: normalised, without diacritics, in lower case."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from indexer.text import normalise, strip_diacritics

__all__ = ["content", "data", "fold", "has_phrase", "remove_phrases", "tokens"]

_DATA = Path(__file__).parent / "data"
_WORD = re.compile(r"[a-z0-9]+")


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """`text` normalised, stripped of diacritics, lower case, one blank between words."""
    return " ".join(_WORD.findall(strip_diacritics(normalise(text).value).lower()))


def tokens(text: str) -> list[str]:
    """The folded syllables of `text`, in order."""
    return fold(text).split()


@lru_cache(maxsize=16)
def data(name: str) -> Any:
    """A data file of this folder (`data/<name>.yml`), read once."""
    return yaml.safe_load((_DATA / f"{name}.yml").read_text("utf-8"))


@lru_cache(maxsize=1)
def _function_words() -> frozenset[str]:
    return frozenset(word for phrase in data("follow_up")["function_words"] for word in tokens(phrase))


def content(text: str) -> list[str]:
    """The folded syllables of `text` that carry content (no function words)."""
    return [word for word in tokens(text) if word not in _function_words()]


def has_phrase(folded: str, phrase: str) -> bool:
    """Whether the words of `phrase` stand in `folded` one after the other."""
    return f" {fold(phrase)} " in f" {folded} "


def remove_phrases(folded: str, phrases: Iterable[str]) -> str:
    """`folded` without every word that belongs to one of `phrases`; phrases may overlap."""
    words = folded.split()
    wanted = {tuple(fold(phrase).split()) for phrase in phrases}
    longest = max(map(len, wanted), default=0)
    covered = [False] * len(words)
    for start in range(len(words)):
        for length in range(1, min(longest, len(words) - start) + 1):
            if tuple(words[start : start + length]) in wanted:
                covered[start : start + length] = [True] * length
    return " ".join(word for word, gone in zip(words, covered, strict=True) if not gone)
