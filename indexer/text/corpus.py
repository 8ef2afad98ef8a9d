"""What the diacritics restorer is trained on: official texts, training questions, and the product's own phrases.

The phrases of `data/colloquial.txt` were written by people who had read the development questions; wording shared with
them was taken out again, but accuracy on those questions remains an optimistic figure. The phrasings of the procedures
were written without sight of any evaluation file.
"""

from __future__ import annotations

import itertools
import json
import math
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

from indexer.text.normalise import normalise
from indexer.text.tables import DATA, read_table

__all__ = [
    "PHRASINGS",
    "Passage",
    "catalogue_passages",
    "colloquial_passages",
    "phrasing_passages",
    "question_passages",
    "table_passages",
]

PHRASINGS = Path(__file__).resolve().parents[2] / "knowledge_base" / "phrasings"
_CHOICE = re.compile(r"\{([^{}]*)\}")
_CATALOGUE_FIELDS = (
    "name",
    "description",
    "steps",
    "documents",
    "methods",
    "conditions",
    "results",
    "legal_basis",
    "agency",
    "field",
    "subjects",
    "life_events",
)
_QUESTION_WEIGHT, _OWN_WEIGHT, _VARIANTS = 15.0, 20.0, 40
_MARKED = 0.5  # least share of words with a mark in a text that is written with diacritics


class Passage(NamedTuple):
    """A text to count: `document` tells sources apart for pruning, `own` marks our own, publishable phrases."""

    text: str
    document: str
    weight: float = 1.0
    own: bool = False


def catalogue_passages(path: Path) -> Iterator[Passage]:
    """The texts of an official catalogue (JSON lines)."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            for name in _CATALOGUE_FIELDS:
                weight = 3.0 if name == "name" else 1.0
                for text in _texts(row.get(name)):
                    yield Passage(text, row["code"], weight)


def _texts(value: object) -> Iterator[str]:
    """Every string inside a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def question_passages(path: Path) -> Iterator[Passage]:
    """Questions for training (JSON lines with `question`)."""
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file):
            yield Passage(json.loads(line)["question"], f"{path.name}:{number}", _QUESTION_WEIGHT)


def colloquial_passages(path: Path = DATA / "colloquial.txt") -> Iterator[Passage]:
    """Our own citizen phrases; `{a|b}` stands for a choice, sampled evenly with a fixed seed."""
    rng = random.Random(7)  # noqa: S311 - a fixed sample, nothing secret
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.split("|") if place % 2 else [part] for place, part in enumerate(_CHOICE.split(line))]
        size = math.prod(len(part) for part in parts)
        if size <= _VARIANTS:
            variants = ["".join(choice) for choice in itertools.product(*parts)]
        else:
            variants = ["".join(rng.choice(part) for part in parts) for _ in range(_VARIANTS)]
        weight = _OWN_WEIGHT / math.sqrt(len(variants))
        for variant in variants:
            yield Passage(variant, f"own:{number}", weight, own=True)


def table_passages() -> Iterator[Passage]:
    """The short phrases of our reviewed synonym table, citizens' and official ones."""
    for number, row in enumerate(read_table("synonyms.tsv")):
        for text in (row["said"], row["official"]):
            yield Passage(text, f"table:{number}", _OWN_WEIGHT, own=True)


def phrasing_passages(folder: Path = PHRASINGS) -> Iterator[Passage]:
    """The phrasings of our procedures (`*.yml`, code to sentences) that are written with diacritics, abbreviations
    spelt out; the others would teach the restorer to leave syllables bare.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.yml")):
        for code, sentences in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).items():
            found.setdefault(code, []).extend(sentences)
    for code, sentences in found.items():
        for number, sentence in enumerate(sentences):
            said = normalise(sentence).value
            words = [word for word in said.split() if word.isalpha()]
            if words and sum(not word.isascii() for word in words) >= _MARKED * len(words):
                yield Passage(said, f"phrasing:{code}:{number}", _OWN_WEIGHT, own=True)
