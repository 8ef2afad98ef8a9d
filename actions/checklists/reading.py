"""What a typed text answers to a question about cases: by number, by the words of a choice, by yes or no."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from actions.answers.aspect import aspect_of_words
from actions.answers.counted import counted
from actions.answers.words import fold, tokens

__all__ = ["NONE", "UNSURE", "read_choice"]

UNSURE, NONE = "unsure", "none"
_MOST_BESIDES = 4
# Share of a label's words that a text must hold to be near it, and how far it must be ahead of the next label.
_SHARED = 0.5
_AHEAD = 0.2
_LEAST_SHARED = 3


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    return yaml.safe_load((Path(__file__).parent / "words.yml").read_text("utf-8"))


def read_choice(text: str, labels: Sequence[str]) -> int | str | None:
    """The place of the choice among `labels`, UNSURE, NONE; "?" for a bare yes or no that fits no choice; None for a
    text that is no answer.
    """
    said = _bare(text)
    if not said:
        return None
    joined = " ".join(said)
    if joined in _folded("unsure") or " ".join(w for w in said if w not in _folded("selves")) in _folded("unsure"):
        return UNSURE
    if joined in _folded("none"):
        return NONE
    place = _numbered(said, text, len(labels))
    if place is not None:
        return place
    if joined in _folded("refusing") or joined in _folded("agreeing"):
        return _by_answer(joined in _folded("agreeing"), labels)
    return _by_words(said, labels)


def _bare(text: str) -> list[str]:
    polite = {fold(word) for word in _words()["polite"]}
    words = tokens(text)
    kept = [word for word in words if word not in polite]
    return kept or words


@lru_cache(maxsize=8)
def _folded(name: str) -> frozenset[str]:
    return frozenset(fold(phrase) for phrase in _words()[name])


def _numbered(said: list[str], text: str, count: int) -> int | None:
    """A bare number, or a counted thing ("số 2", "cái đầu") in a short text."""
    if len(said) == 1 and said[0].isdigit():
        place = int(said[0]) - 1
        return place if 0 <= place < count else None
    meant = counted(text, count).meant if len(said) <= _MOST_BESIDES else frozenset()
    return next(iter(meant)) if len(meant) == 1 else None


def _by_answer(yes: bool, labels: Sequence[str]) -> int | str:
    """Yes and no mean something only where exactly one choice says no."""
    negative = [i for i, label in enumerate(labels) if tokens(label)[:1] and tokens(label)[0] in _folded("negative")]
    if len(negative) == 1 and not yes:
        return negative[0]
    if len(negative) == 1 and len(labels) == 2:
        return 1 - negative[0]
    return "?"


def _by_words(said: list[str], labels: Sequence[str]) -> int | None:
    """The longest label that the text says in full; else the only one that holds all that the text says; else the one
    that is clearly nearest.
    """
    folded = [tokens(label) for label in labels]
    full = [i for i, label in enumerate(folded) if set(label) <= set(said) and len(said) <= len(label) + _MOST_BESIDES]
    if full:
        longest = max(len(folded[i]) for i in full)
        best = [i for i in full if len(folded[i]) == longest]
        return best[0] if len(best) == 1 else None
    within = [i for i, label in enumerate(folded) if set(said) <= set(label)]
    asks = bool(set(said) & _folded("asking") or aspect_of_words(" ".join(said)))
    if len(within) == 1 and (len(said) > 1 or not asks):
        return within[0]
    return None if asks else _nearest(said, folded)


def _nearest(said: list[str], labels: Sequence[Sequence[str]]) -> int | None:
    """The label that shares clearly more of its words with the text than any other, denying where the text denies."""
    denies = _folded("negative")
    shares = sorted(
        (
            (len(set(label) & set(said)) / len(set(label)), i)
            for i, label in enumerate(labels)
            if label and bool(set(label) & denies) == bool(set(said) & denies)
        ),
        reverse=True,
    )
    if not shares or shares[0][0] < _SHARED or len(set(labels[shares[0][1]]) & set(said)) < _LEAST_SHARED:
        return None
    ahead = len(shares) == 1 or shares[0][0] - shares[1][0] >= _AHEAD
    return shares[0][1] if ahead and len(said) <= len(labels[shares[0][1]]) + _MOST_BESIDES else None
