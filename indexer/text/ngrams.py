"""A compact syllable trigram model: backed-off log probabilities in sorted arrays, one byte each.

`p(w | u v)` is the trigram's own value where it is kept, else the weight of the history `u v` times
`p(w | v)`, and so on down (Witten–Bell interpolation, Witten & Bell 1991, folded into backed-off form).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = ["BREAK", "FORMAT", "NUMBER", "UNKNOWN", "TrigramModel", "quantise"]

FORMAT = 1
BREAK, NUMBER, UNKNOWN = "<s>", "<n>", "<u>"
"""Ids 0, 1 and 2: a sentence boundary, any number or code, any word that is no known syllable."""
_STEP = 16.0

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


def quantise(log_probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """Natural logarithms (0 to -15.9) as bytes in steps of 1/16."""
    return np.clip(np.rint(-_STEP * log_probabilities), 0, 255).astype(np.uint8)


def _logs(codes: npt.NDArray[np.uint8]) -> Floats:
    return codes.astype(np.float32) / np.float32(-_STEP)


@dataclass(frozen=True)
class TrigramModel:
    """`words[i]` is the syllable of id i; bigram b has key `u * V + v`, a trigram has key `b * V + w`."""

    words: tuple[str, ...]
    unigram: Floats
    unigram_weight: Floats
    bigram_keys: Ints
    bigram: Floats
    bigram_weight: Floats
    trigram_keys: Ints
    trigram: Floats

    @classmethod
    def load(cls, path: Path) -> TrigramModel:
        """Read the model that `train_restorer` wrote.

        Raises FileNotFoundError, or ValueError where the file is of another format.
        """
        with np.load(path, allow_pickle=False) as file:
            if "format" not in file or int(file["format"]) != FORMAT:
                raise ValueError(f"{path}: not a restorer model of format {FORMAT}; train it again")
            words = tuple(file["words"].tobytes().decode("utf-8").split("\n"))
            return cls(
                words,
                _logs(file["unigram"]),
                _logs(file["unigram_weight"]),
                np.cumsum(file["bigram_steps"], dtype=np.int64),
                _logs(file["bigram"]),
                _logs(file["bigram_weight"]),
                np.cumsum(file["trigram_steps"], dtype=np.int64),
                _logs(file["trigram"]),
            )

    def bigrams(self, first: Ints, second: Ints) -> tuple[Ints, Floats]:
        """For each pair (broadcast): the bigram's number (-1: none is kept), and log p(second | first)."""
        keys = first * len(self.words) + second
        places = np.minimum(np.searchsorted(self.bigram_keys, keys), len(self.bigram_keys) - 1)
        kept = self.bigram_keys[places] == keys
        scores = np.where(kept, self.bigram[places], self.unigram_weight[first] + self.unigram[second])
        return np.where(kept, places, -1), scores

    def kept_trigrams(self, bigrams: Ints, third: Ints) -> tuple[Ints, Floats]:
        """Which of the trigrams (a bigram's number, a syllable's id; same length) are kept, as places in the arguments,
        and log p(third | bigram) of those. Of the others it is `bigram_weight[bigram]` plus log p(third | second).
        """
        keys = bigrams * len(self.words) + third
        places = np.minimum(np.searchsorted(self.trigram_keys, keys), len(self.trigram_keys) - 1)
        kept = np.flatnonzero(self.trigram_keys[places] == keys)
        return kept, self.trigram[places[kept]]
