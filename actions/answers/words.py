"""The words of a turn, folded for comparison: normalised, without diacritics, in lower case."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from yaml import CSafeLoader

from indexer.text import normalise, restore_diacritics, strip_diacritics

__all__ = [
    "content",
    "data",
    "fold",
    "has_phrase",
    "has_spelled",
    "is_yes_or_no",
    "left_over",
    "remove_phrases",
    "says",
    "spelled",
    "tokens",
    "without_particles",
]

_DATA = Path(__file__).parent / "data"
_WORD = re.compile(r"[a-z0-9]+")
_SPELLED = re.compile(r"[^\W_]+")


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
    return yaml.load((_DATA / f"{name}.yml").read_text("utf-8"), Loader=CSafeLoader)


@lru_cache(maxsize=4096)
def spelled(text: str) -> tuple[str, ...]:
    """The syllables of `text` in lower case with their diacritics, restored where they were left out."""
    return tuple(_SPELLED.findall(restore_diacritics(normalise(text).value).lower()))


def content(text: str) -> list[str]:
    """The folded syllables of `text` that carry content. Diacritics count: "mô" is a function word, "mộ" is a grave."""
    return [strip_diacritics(word) for word in spelled(text) if not _is_function_word(word)]


def left_over(text: str, phrases: Iterable[str]) -> list[str]:
    """The content syllables of `text`, folded, outside `phrases`; like `content`, it tells "mộ" from "mô"."""
    words = spelled(text)
    wanted: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for phrase in phrases:
        wanted.setdefault(tuple(tokens(phrase)), []).append(_lowered(phrase))
    longest = max(map(len, wanted), default=0)
    folded = [strip_diacritics(word) for word in words]
    covered = [False] * len(words)
    for start in range(len(words)):
        for end in range(start + 1, min(start + longest, len(words)) + 1):
            meant = wanted.get(tuple(folded[start:end]), ())
            if any(all(map(_same, words[start:end], phrase)) for phrase in meant):
                covered[start:end] = [True] * (end - start)
    pairs = zip(words, folded, covered, strict=True)
    return [bare for word, bare, gone in pairs if not gone and not _is_function_word(word)]


@lru_cache(maxsize=4096)
def _lowered(phrase: str) -> tuple[str, ...]:
    return tuple(_SPELLED.findall(normalise(phrase).value.lower()))


def _same(said: str, meant: str) -> bool:
    """Whether two syllables that fold alike are one word: not where both carry marks and differ."""
    return said == meant or said.isascii() or meant.isascii()


@lru_cache(maxsize=1)
def _function_words() -> tuple[frozenset[str], frozenset[str]]:
    """As written, and folded (for what no diacritics could be restored in)."""
    written = {word for phrase in data("follow_up")["function_words"] for word in _lowered(phrase)}
    return frozenset(written), frozenset(strip_diacritics(word) for word in written)


def _is_function_word(word: str) -> bool:
    written, folded = _function_words()
    return word in (folded if word.isascii() else written)


def has_phrase(folded: str, phrase: str) -> bool:
    """Whether the words of `phrase` stand in `folded` one after the other."""
    return f" {fold(phrase)} " in f" {folded} "


def has_spelled(text: str, phrase: str) -> bool:
    """The same of a text as it was written: "phương tiện" holds no "tiền", whatever marks were left out."""
    words, wanted = spelled(text), _lowered(phrase)
    places = range(len(words) - len(wanted) + 1)
    bare = tuple(map(strip_diacritics, wanted))
    return any(
        all(strip_diacritics(word) == plain and _same(word, meant)
            for word, plain, meant in zip(words[place:], bare, wanted, strict=False))
        for place in places
    )


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


def without_particles(text: str) -> str:
    """`text` folded, without the particles at its end ("vậy cháu", "hả em")."""
    return re.sub(data("follow_up")["particles"], "", fold(text))


def says(kind: str, text: str) -> bool:
    """Whether `text` has one of the forms that `follow_up.yml` lists as `kind` ("asking", "continuing")."""
    bare = without_particles(text)
    return any(re.search(pattern, bare) for pattern in data("follow_up")[kind])


def is_yes_or_no(text: str) -> bool:
    """Whether `text` is a question answered by yes or no ("biển số có phải đổi không")."""
    return bool(text) and bool(re.search(data("follow_up")["yes_or_no"], without_particles(text)))
