"""Words run together ("kethon", "dangkykhaisinh"), cut where known phrases cover all of them."""

from __future__ import annotations

import re
from functools import lru_cache

from indexer.text.alphabet import strip_diacritics
from indexer.text.edits import Edit, Mapped
from indexer.text.syllable import is_plain_syllable
from indexer.text.tables import kept_words, read_table

__all__ = ["cut", "separate"]

_LONG = re.compile(r"[^\W\d_]{5,60}")


@lru_cache(maxsize=1)
def _phrases() -> dict[str, tuple[str, bool]]:
    """Joined bare form → the phrase, and whether it may stand alone (a glue word may not)."""
    rows = sorted(read_table("joined.tsv"), key=lambda row: row["kind"] == "phrase")
    return {strip_diacritics(row["phrase"]).replace(" ", ""): (row["phrase"], row["kind"] == "phrase") for row in rows}


@lru_cache(maxsize=2048)
def cut(word: str) -> tuple[str, ...] | None:
    """The syllables of `word` (lower case), in its own letters, or None when the phrases don't cover it.

    The cover with the fewest pieces wins; glue words alone never cut a word.
    """
    plain = strip_diacritics(word)
    if len(plain) != len(word) or is_plain_syllable(plain) or word in kept_words():
        return None
    phrases = _phrases()
    best: list[tuple[int, int, tuple[str, ...]] | None] = [None] * (len(plain) + 1)
    best[0] = (0, 0, ())
    for end in range(1, len(plain) + 1):
        for start in range(max(0, end - 22), end):
            here, piece = best[start], phrases.get(plain[start:end])
            if here is None or piece is None:
                continue
            phrase, stands_alone = piece
            taken = best[end]
            cost = here[0] + (1 if stands_alone else 2)
            if taken is None or cost < taken[0]:
                best[end] = (cost, here[1] + stands_alone, (*here[2], *_slices(word[start:end], phrase)))
    found = best[-1]
    return found[2] if found is not None and found[1] > 0 and len(found[2]) > 1 else None


def _slices(letters: str, phrase: str) -> list[str]:
    pieces, place = [], 0
    for syllable in phrase.split():
        pieces.append(letters[place : place + len(syllable)])
        place += len(syllable)
    return pieces


def separate(text: Mapped, protected: list[tuple[int, int]]) -> Mapped:
    """`text` with run-together words cut into syllables."""
    edits = []
    for match in _LONG.finditer(text.value):
        word = match.group()
        if any(low <= match.start() < high for low, high in protected):
            continue
        pieces = cut(word.lower()) if len(word.lower()) == len(word) else None
        if pieces:
            edits.append(Edit(*match.span(), _recased(pieces, word)))
    return text.apply(edits)


def _recased(pieces: tuple[str, ...], word: str) -> str:
    taken, place = [], 0
    for piece in pieces:
        taken.append(word[place : place + len(piece)])
        place += len(piece)
    return " ".join(taken)
