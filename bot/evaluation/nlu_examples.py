"""The dialogue model's examples: read, dealt into folds, and written as people type in a hurry."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from indexer.text import strip_diacritics

__all__ = ["Example", "folds", "noisy", "read_examples"]

Example = tuple[str, str]
"""Text and intent."""

_SEED = 7


def read_examples(folder: Path) -> list[Example]:
    """Every example under `folder` (`*.yml`, Rasa's format), entity annotations removed; intents of buttons alone
    (lines that begin with "/") are left out.
    """
    found: list[Example] = []
    for path in sorted(folder.rglob("*.yml")):
        for block in yaml.safe_load(path.read_text("utf-8")).get("nlu") or []:
            for line in str(block.get("examples") or "").splitlines():
                text = re.sub(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})", r"\1", line.strip().removeprefix("-").strip())
                if text and not text.startswith("/"):
                    found.append((text, str(block["intent"])))
    return found


def folds(examples: Sequence[Example], count: int) -> Iterator[tuple[list[Example], list[Example]]]:
    """`count` pairs of training and held-out examples; each intent is dealt out evenly."""
    by_intent: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_intent[example[1]].append(example)
    dealer = random.Random(_SEED)  # noqa: S311 (a fixed shuffle, no secret)
    hands: list[list[Example]] = [[] for _ in range(count)]
    for rows in by_intent.values():
        dealer.shuffle(rows)
        for number, row in enumerate(rows):
            hands[number % count].append(row)
    for held in range(count):
        yield [row for number, hand in enumerate(hands) if number != held for row in hand], hands[held]


def noisy(text: str) -> str:
    """`text` without diacritics and with two neighbouring letters swapped in its longest word; always the same."""
    words = strip_diacritics(text).lower().split()
    longest = max(range(len(words)), key=lambda at: len(words[at]))
    word = words[longest]
    if len(word) > 3:
        at = random.Random(f"{_SEED}{text}").randrange(1, len(word) - 1)  # noqa: S311
        words[longest] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)
