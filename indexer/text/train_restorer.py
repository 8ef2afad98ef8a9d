"""Counting the restorer's trigrams. What is shipped are pruned, quantised statistics, no sentences.

A trigram or bigram is kept only when two different documents hold it (our own phrases aside, which are published with
the product), so nothing that stands in one document alone can be read back. What is counted: `corpus`.
"""

from __future__ import annotations

import argparse
import itertools
import json
import logging
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from indexer.text.characters import clean
from indexer.text.corpus import (
    PHRASINGS,
    Passage,
    catalogue_passages,
    colloquial_passages,
    phrasing_passages,
    question_passages,
    table_passages,
)
from indexer.text.edits import Mapped
from indexer.text.ngrams import BREAK, FORMAT, NUMBER, UNKNOWN, Ints, quantise
from indexer.text.restore import DEFAULT_MODEL
from indexer.text.syllable import is_syllable, retone
from indexer.text.tokens import PROTECTED, WORD, has_diacritics

__all__ = [
    "Passage",
    "catalogue_passages",
    "colloquial_passages",
    "main",
    "phrasing_passages",
    "question_passages",
    "table_passages",
    "train",
]

_log = logging.getLogger(__name__)
_SENTENCE = re.compile(r"[.?!;:\n]+(?=\s|$)|\n+")
_TOKEN = re.compile(f"(?P<fixed>{PROTECTED.pattern})|(?P<word>{WORD.pattern})", re.IGNORECASE)
_SPECIAL = (BREAK, NUMBER, UNKNOWN)


class _Counts(NamedTuple):
    keys: Ints
    counts: npt.NDArray[np.float64]
    kept: npt.NDArray[np.bool_]


def _tokens(sentence: str) -> list[str]:
    tokens = []
    for match in _TOKEN.finditer(sentence):
        word = retone(match.group().lower())
        if match.lastgroup == "fixed" or not word.isalpha():
            tokens.append(NUMBER)
        else:
            tokens.append(word if is_syllable(word) else UNKNOWN)
    return tokens


def _sentences(corpus: Iterable[Passage]) -> dict[tuple[str, ...], tuple[float, list[str]]]:
    """Each distinct sentence once, with its damped weight (1 + ln n) and two documents that hold it."""
    found: dict[tuple[str, ...], tuple[float, int, list[str]]] = {}
    for passage in corpus:
        for sentence in _SENTENCE.split(clean(Mapped(passage.text.replace("\n", " . "))).value):
            tokens = tuple(_tokens(sentence))
            if not tokens or (len(tokens) > 3 and not has_diacritics(sentence) and not passage.own):
                continue
            weight, times, documents = found.get(tokens, (0.0, 0, []))
            if passage.document not in documents and len(documents) < 2:
                documents = [*documents, passage.document]
            if passage.own:
                documents = [passage.document, "own"]
            found[tokens] = (max(weight, passage.weight), times + 1, documents)
    return {tokens: (weight * (1 + math.log(times)), documents) for tokens, (weight, times, documents) in found.items()}


def _vocabulary(sentences: dict[tuple[str, ...], tuple[float, list[str]]]) -> list[str]:
    """Syllables that at least two documents (or our own phrases) hold."""
    documents: dict[str, set[str]] = {}
    for tokens, (_, names) in sentences.items():
        for word in set(tokens):
            if len(documents.setdefault(word, set())) < 2:
                documents[word].update(names)
    return [*_SPECIAL, *sorted(word for word, names in documents.items() if len(names) > 1 and word not in _SPECIAL)]


class _Flat(NamedTuple):
    """All sentences in one array of ids, two breaks before each and one after, with weight and documents per place."""

    ids: Ints
    weights: npt.NDArray[np.float64]
    documents: npt.NDArray[np.int64]


def _flatten(sentences: dict[tuple[str, ...], tuple[float, list[str]]], ids: dict[str, int]) -> _Flat:
    numbers: Counter[str] = Counter()
    flat: list[int] = []
    weights: list[float] = []
    documents: list[tuple[int, int]] = []
    for tokens, (weight, names) in sentences.items():
        pair = [numbers.setdefault(name, len(numbers)) for name in names]
        row = [0, 0, *(ids.get(word, 2) for word in tokens), 0]
        flat += row
        weights += [weight] * len(row)
        documents += [(pair[0], pair[-1])] * len(row)
    return _Flat(np.array(flat, dtype=np.int64), np.array(weights), np.array(documents, dtype=np.int64))


def _count(keys: Ints, weights: npt.NDArray[np.float64], documents: npt.NDArray[np.int64], least: float) -> _Counts:
    """Weighted counts of `keys`, and which of them two documents hold with at least the weight `least`."""
    unique, inverse = np.unique(keys, return_inverse=True)
    counts = np.bincount(inverse, weights).astype(np.float64)
    low = np.full(len(unique), np.iinfo(np.int64).max)
    high = np.full(len(unique), -1)
    for column in (0, 1):
        np.minimum.at(low, inverse, documents[:, column])
        np.maximum.at(high, inverse, documents[:, column])
    return _Counts(unique, counts, (low != high) & (counts >= least))


def _witten_bell(
    history: Ints,
    counts: npt.NDArray[np.float64],
    kept: npt.NDArray[np.bool_],
    lower: npt.NDArray[np.float64],
    size: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Interpolated probabilities of the n-grams, and the weight that each history leaves to the lower order."""
    total = np.bincount(history, counts, size)
    kinds = np.bincount(history, minlength=size)
    base = total + kinds
    share = counts / base[history]
    weight = 1.0 - np.bincount(history, share * kept, size)
    return share + weight[history] * lower, np.clip(weight, 1e-6, 1.0)


def train(corpus: Iterable[Passage], out_path: Path, least_trigram: float = 1.5) -> dict[str, int]:
    """Count `corpus` and write the model to `out_path`; returns the numbers of words, bigrams and trigrams.

    `least_trigram` is the weight below which trigrams are pruned. Raises ValueError for an empty corpus.
    """
    sentences = _sentences(corpus)
    if not sentences:
        raise ValueError("the corpus holds no sentence: nothing to count")
    words = _vocabulary(sentences)
    size = len(words)
    flat = _flatten(sentences, {word: number for number, word in enumerate(words)})
    ids, weights, documents = flat
    unigram_counts = np.bincount(ids, weights, size)
    unigram = (unigram_counts + 0.5) / (unigram_counts.sum() + 0.5 * size)

    bi = _count(ids[:-1] * size + ids[1:], weights[1:], documents[1:], 1.0)
    bi_p, uni_weight = _witten_bell(bi.keys // size, bi.counts, bi.kept, unigram[bi.keys % size], size)
    bi_number = np.searchsorted(bi.keys, ids[:-2] * size + ids[1:-1])
    tri = _count(bi_number * size + ids[2:], weights[2:], documents[2:], least_trigram)
    middle_last = bi.keys[tri.keys // size] % size * size + tri.keys % size
    lower = bi_p[np.searchsorted(bi.keys, middle_last)]
    tri_kept = tri.kept & bi.kept[tri.keys // size]
    tri_p, bi_weight = _witten_bell(tri.keys // size, tri.counts, tri_kept, lower, len(bi.keys))

    renumber = np.cumsum(bi.kept) - 1
    tri_keys = renumber[tri.keys // size] * size + tri.keys % size
    _save(
        out_path,
        words,
        unigram,
        uni_weight,
        bi.keys[bi.kept],
        bi_p[bi.kept],
        bi_weight[bi.kept],
        tri_keys[tri_kept],
        tri_p[tri_kept],
    )
    return {"sentences": len(sentences), "words": size, "bigrams": int(bi.kept.sum()), "trigrams": int(tri_kept.sum())}


def _save(path: Path, words: Sequence[str], *arrays: npt.NDArray[np.generic]) -> None:
    unigram, unigram_weight, bigram_keys, bigram, bigram_weight, trigram_keys, trigram = arrays
    np.savez_compressed(
        path,
        format=np.array(FORMAT),
        words=np.frombuffer("\n".join(words).encode("utf-8"), dtype=np.uint8),
        unigram=quantise(np.log(unigram)),
        unigram_weight=quantise(np.log(unigram_weight)),
        bigram_steps=np.diff(bigram_keys, prepend=0).astype(np.uint32),
        bigram=quantise(np.log(bigram)),
        bigram_weight=quantise(np.log(bigram_weight)),
        trigram_steps=np.diff(trigram_keys, prepend=0).astype(np.uint32),
        trigram=quantise(np.log(trigram)),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: count a catalogue, questions and our own phrases into a model file."""
    parser = argparse.ArgumentParser(description="Train the diacritics restorer on official text and own phrases.")
    parser.add_argument("--catalogue", type=Path, action="append", default=[], help="official catalogue, JSON lines")
    parser.add_argument("--questions", type=Path, action="append", default=[], help="training questions, JSON lines")
    parser.add_argument("--phrasings", type=Path, default=PHRASINGS, help="folder of phrasings (default: the shipped)")
    parser.add_argument("--out", type=Path, default=DEFAULT_MODEL, help="file to write (default: the shipped one)")
    parser.add_argument("--least", type=float, default=1.5, help="least weight of a kept trigram")
    options = parser.parse_args(argv)
    missing = [path for path in (*options.catalogue, *options.questions) if not path.is_file()]
    if missing:
        parser.error(f"no such file: {', '.join(map(str, missing))}")
    corpus = itertools.chain(
        colloquial_passages(),
        table_passages(),
        phrasing_passages(options.phrasings),
        *map(catalogue_passages, options.catalogue),
        *map(question_passages, options.questions),
    )
    numbers = train(corpus, options.out, options.least)
    _log.info("wrote %s: %s", options.out, json.dumps(numbers))
    return 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    raise SystemExit(main())
