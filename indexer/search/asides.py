"""Asides of a question: what it says not to be about ("không kèm nhận cha con"), and why or when it is asked ("để sau
này có lương hưu"). A vector and a bag of words would take them for the matter itself.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import yaml

__all__ = ["without_circumstance", "without_negated"]

_DATA = Path(__file__).parent / "data" / "asides.yml"
_LEAST_LEFT = 3  # syllables; with fewer the aside was the matter
_SPACES = re.compile(r"\s+")
_LOOSE = re.compile(r"\s*,(?=\s*(?:[,.;:!?]|$))|\s+(?=[,.;:!?])")


def without_negated(text: str) -> str:
    """`text` (normalised) without the clauses that say what isn't meant; as it is where hardly anything is left."""
    return _cut(text, "negated")


def without_circumstance(text: str) -> str:
    """`text` (normalised) without the clauses that tell a purpose or an occasion, likewise."""
    return _cut(text, "circumstance")


def _cut(text: str, kind: str) -> str:
    cut = _patterns()[kind].sub(" ", text)
    if cut == text:
        return text
    left = _SPACES.sub(" ", _LOOSE.sub("", cut)).strip()
    return left if len(left.split()) >= _LEAST_LEFT else text


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    data = yaml.safe_load(_DATA.read_text(encoding="utf-8"))
    return {kind: re.compile("|".join(f"(?:{one})" for one in each), re.IGNORECASE) for kind, each in data.items()}
