"""The search for diacritics against trying every way."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.text.lattice import best_path
from indexer.text.ngrams import TrigramModel

SIZE = 6


def model(seed: int) -> TrigramModel:
    """Random sixteenths, as in the shipped model."""
    chance = np.random.default_rng(seed)

    def logs(count: int) -> np.ndarray:
        return (-chance.integers(0, 200, count) / 16).astype(np.float32)

    bigrams = np.flatnonzero(chance.random(SIZE**2) < 0.5)
    trigrams = np.flatnonzero(chance.random(len(bigrams) * SIZE) < 0.5)
    words = tuple(map(str, range(SIZE)))
    return TrigramModel(
        words, logs(SIZE), logs(SIZE), bigrams, logs(len(bigrams)), logs(len(bigrams)), trigrams, logs(len(trigrams)))


def cost(of: TrigramModel, path: tuple[int, ...]) -> float:
    total = 0.0
    for first, second, third in zip((0, 0, *path), (0, *path), path, strict=False):
        (number,), _ = of.bigrams(np.array([first]), np.array([second]))
        _, (lower,) = of.bigrams(np.array([second]), np.array([third]))
        kept, value = of.kept_trigrams(np.array([number]), np.array([third]))
        total += value[0] if number >= 0 and len(kept) else lower + (of.bigram_weight[number] if number >= 0 else 0)
    return total


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40), st.lists(st.sets(st.integers(0, SIZE - 1), min_size=1, max_size=3), min_size=1, max_size=5))
def test_no_other_way_is_likelier(seed, spellings):
    choices = [np.array(sorted(ids)) for ids in spellings]
    priors = [np.where(ids == ids[-1], np.float32(2.5), np.float32(0)) if len(ids) == 2 else None for ids in choices]

    def worth(path):
        added = sum(2.5 for ids, number, prior in zip(choices, path, priors, strict=True)
                    if prior is not None and number == ids[-1])
        return cost(of, path) + added

    of = model(seed)
    found = best_path(of, choices, priors, np.array([0]))
    assert worth(tuple(found)) == max(worth(path) for path in itertools.product(*map(list, choices)))
