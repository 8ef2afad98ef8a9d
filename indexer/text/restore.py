"""Putting back the diacritics that were left out: "dang ky khai sinh" → "đăng ký khai sinh".

Viterbi search over the spellings of each bare syllable, scored by syllable trigrams. Syllables that carry a
mark stay as typed and guide their neighbours; codes, numbers and foreign words are never touched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from indexer.text.alphabet import strip_diacritics
from indexer.text.lattice import best_path
from indexer.text.ngrams import BREAK, NUMBER, UNKNOWN, Floats, Ints, TrigramModel
from indexer.text.syllable import retone
from indexer.text.tables import DATA
from indexer.text.tokens import PROTECTED, WORD

__all__ = ["DEFAULT_MODEL", "DiacriticsRestorer", "restore_diacritics"]

DEFAULT_MODEL = DATA / "restorer.npz"
_MOST_SPELLINGS = 12
"""Spellings tried for one bare syllable, the most frequent ones (the richest, "co", has 17, most of them rare)."""
_LONGEST = 400
"""Words searched at once; longer texts are cut, so that the work grows linearly with the length."""
_BREAKS = re.compile(r"[.?!;:\n]")
_TOKEN = re.compile(
    f"(?P<fixed>{PROTECTED.pattern})|(?P<word>{WORD.pattern})|(?P<end>{_BREAKS.pattern})",
    re.IGNORECASE,
)
_TRUST = ((0.75, 6.0), (0.5, 2.5))
"""Share of marked syllables among those that should be marked → bonus (nats) for leaving a bare one as typed."""


class DiacriticsRestorer:
    """A loaded model; `restore` is a pure function of the text, safe to share between threads."""

    def __init__(self, model: TrigramModel) -> None:
        self._model = model
        self._ids = {word: number for number, word in enumerate(model.words)}
        spellings: dict[str, list[int]] = {}
        for number in range(3, len(model.words)):
            spellings.setdefault(strip_diacritics(model.words[number]), []).append(number)
        self._spellings = {
            bare: np.array(sorted(ids, key=lambda i: -model.unigram[i])[:_MOST_SPELLINGS], dtype=np.int64)
            for bare, ids in spellings.items()
        }

    @classmethod
    def load(cls, path: Path) -> DiacriticsRestorer:
        """Load a model file. Raises FileNotFoundError, or ValueError for another format."""
        return cls(TrigramModel.load(path))

    def restore(self, text: str) -> str:
        """`text` with the likeliest diacritics on its bare syllables; length, case and everything else stay."""
        tokens = list(_TOKEN.finditer(text))
        pieces = list(text)
        for start in range(0, len(tokens), _LONGEST):
            part = tokens[start : start + _LONGEST]
            for token, spelling in zip(part, self._search(part), strict=True):
                if spelling is not None:
                    first, last = token.span()
                    pairs = zip(text[first:last], spelling, strict=True)
                    pieces[first:last] = [new.upper() if old.isupper() else new for old, new in pairs]
        return "".join(pieces)

    def _search(self, tokens: Sequence[re.Match[str]]) -> list[str | None]:
        """For each token the spelling to write, or None to leave it."""
        choices = [self._choices(token) for token in tokens]
        if not any(len(ids) > 1 or open_ for ids, open_ in choices):
            return [None] * len(tokens)
        bonus = self._trust(tokens, choices)
        priors = [self._prior(token, *choice, bonus) for token, choice in zip(tokens, choices, strict=True)]
        best = best_path(self._model, [ids for ids, _ in choices], priors, _single(self._ids[BREAK]))
        return [self._model.words[number] if open_ else None for number, (_, open_) in zip(best, choices, strict=True)]

    def _choices(self, token: re.Match[str]) -> tuple[Ints, bool]:
        """The ids that a token may stand for, and whether it is open to change."""
        if token.lastgroup != "word":
            return _single(self._ids[BREAK if token.lastgroup == "end" else NUMBER]), False
        word = token.group().lower()
        if len(word) != len(token.group()) or not word.isalpha():
            return _single(self._ids[NUMBER if any(map(str.isdigit, word)) else UNKNOWN]), False
        if not word.isascii():
            return _single(self._ids.get(retone(word), self._ids[UNKNOWN])), False
        spellings = self._spellings.get(word)
        if spellings is None:
            return _single(self._ids[UNKNOWN]), False
        return spellings, True

    def _trust(self, tokens: Sequence[re.Match[str]], choices: Sequence[tuple[Ints, bool]]) -> float:
        """How far bare syllables of this text may be believed, judged by the ones that are marked."""
        marked = sum(1 for token in tokens if token.lastgroup == "word" and not token.group().isascii())
        missing = sum(
            1
            for token, (ids, open_) in zip(tokens, choices, strict=True)
            if open_ and self._ids.get(token.group().lower()) != ids[0]
        )
        share = marked / (marked + missing) if marked else 0.0
        return next((bonus for least, bonus in _TRUST if share >= least), 0.0)

    def _prior(self, token: re.Match[str], ids: Ints, open_: bool, bonus: float) -> Floats | None:
        if not (open_ and bonus):
            return None
        return np.where(ids == self._ids.get(token.group().lower(), -1), np.float32(bonus), np.float32(0))


def _single(number: int) -> Ints:
    return np.array([number], dtype=np.int64)


@lru_cache(maxsize=1)
def _default() -> DiacriticsRestorer:
    return DiacriticsRestorer.load(DEFAULT_MODEL)


def restore_diacritics(text: str) -> str:
    """`text` with diacritics restored by the model that is shipped with iSee (loaded at the first call)."""
    return _default().restore(text)
