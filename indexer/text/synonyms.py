"""Citizens' words beside the official ones, from the reviewed table `data/synonyms.tsv`."""

from __future__ import annotations

import re
from functools import lru_cache

from indexer.text.alphabet import strip_diacritics
from indexer.text.normalise import normalise
from indexer.text.tables import read_table

__all__ = ["expand_synonyms"]

_MOST = 6
"""Phrases returned at most; a question rarely holds more than two of the table's words."""


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, list[tuple[str, str]]], re.Pattern[str]]:
    """Bare citizen phrase → its (phrase, official phrase) rows, and the pattern that finds them, longest first."""
    rows: dict[str, list[tuple[str, str]]] = {}
    for row in read_table("synonyms.tsv"):
        rows.setdefault(strip_diacritics(row["said"]), []).append((row["said"], row["official"]))
    choices = "|".join(sorted(map(re.escape, rows), key=len, reverse=True))
    return rows, re.compile(rf"(?<!\w)(?={'(' + choices + ')'}(?!\w))")


def _agrees(typed: str, phrase: str) -> bool:
    """Whether each marked word of `typed` is the phrase's own: "nhập khẩu" isn't "nhạp khẩu"; bare words fit all."""
    return all(word in (own, strip_diacritics(own)) for word, own in zip(typed.split(), phrase.split(), strict=False))


def expand_synonyms(text: str) -> list[str]:
    """Official phrases for the citizen's words in `text`, in order, without those that `text` already holds.

    They are meant to be added to the lexical query, never to replace it. Text is normalised first.
    """
    value = normalise(text).folded
    plain = strip_diacritics(value)
    if len(plain) != len(value):
        value = plain
    rows, pattern = _table()
    found: list[str] = []
    for match in pattern.finditer(plain):
        start, end = match.span(1)
        for phrase, official in rows[match.group(1)]:
            new = official not in found and strip_diacritics(official) not in plain
            if new and _agrees(value[start:end], phrase):
                found.append(official)
    return found[:_MOST]
