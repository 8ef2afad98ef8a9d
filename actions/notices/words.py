"""What a message about notices wants, by words of its own (`speech.yml`)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from actions.answers.words import fold, has_phrase, remove_phrases
from actions.notices.renewals import load_renewals

__all__ = ["paper_named", "says"]

_FILE = Path(__file__).parent / "speech.yml"


def says(intent: str, what: str, text: str) -> bool:
    """Whether `text` holds a word of `what` for this intent."""
    folded = remove_phrases(fold(text), _spoken()["besides"])
    return any(has_phrase(folded, phrase) for phrase in _spoken()[intent][what])


def paper_named(text: str) -> str:
    """The id of the paper that `text` names, or "". Where it names several, the first named."""
    folded = f" {fold(text)} "
    found = [
        (folded.find(f" {word} "), name)
        for name, renewal in load_renewals().items() for word in renewal.words if f" {word} " in folded
    ]
    # "giấy phép lái xe" is also a "giấy phép": the paper of its own comes before the general one.
    own = [place for place in found if place[1] != "other"]
    return min(own or found, default=(0, ""))[1]


@lru_cache(maxsize=1)
def _spoken() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(_FILE.read_text("utf-8"))
    return loaded
