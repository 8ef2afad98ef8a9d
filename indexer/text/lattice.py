"""The likeliest way through the spellings of a text: Viterbi search over syllable trigrams.

The trigrams of all neighbouring spellings are looked up together, once a text: searched for at each syllable, most of
the time went into the calls. Log probabilities are sixteenths, so their sums are exact in whatever order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from indexer.text.ngrams import Floats, Ints, TrigramModel

__all__ = ["best_path"]

_NO_CHOICE = np.zeros((1, 1), dtype=np.int64)


def best_path(model: TrigramModel, choices: Sequence[Ints], priors: Sequence[Floats | None], start: Ints) -> list[int]:
    """The id chosen from each of `choices`. `priors`: what is added to the log probability of each spelling (None:
    nothing). `start`: the id that stands before a text.
    """
    score = np.zeros((1, 1), dtype=np.float32)  # [u, v]: of the best way that ends in spellings u, v
    back: list[Ints] = []
    for step, prior in zip(_steps(model, [start, start, *choices]), priors, strict=True):
        if step is None:
            back.append(_NO_CHOICE)
            continue
        total = score[:, :, None] + step
        came_from = total.argmax(axis=0)
        score = total.max(axis=0) if prior is None else total.max(axis=0) + prior
        back.append(came_from)
    return _trace(choices, back, score)


def _trace(choices: Sequence[Ints], back: Sequence[Ints], score: Floats) -> list[int]:
    """Follow the best path back: `back[t][v, w]` is the spelling at t - 2 from which (v, w) was reached."""
    previous, current = np.unravel_index(int(score.argmax()), score.shape)
    path = []
    for place in range(len(choices) - 1, -1, -1):
        path.append(int(choices[place][current]))
        previous, current = back[place][previous, current], previous
    return path[::-1]


def _steps(model: TrigramModel, choices: Sequence[Ints]) -> Iterator[Floats | None]:
    """For each of `choices` from the third on, log p(w | u v): float32 (two before, one before, its own spellings);
    None where there is one of each, so that nothing is to choose.
    """
    sizes = np.array([len(ids) for ids in choices])
    ids, begin = np.concatenate(choices), _before(sizes)
    counts = sizes[:-1] * sizes[1:]
    pairs = _before(counts)
    # Every pair of neighbouring spellings: at which place of the text, and which of that place's pairs.
    place, number = _each(counts)
    first, second = np.divmod(number, sizes[place + 1])
    bigrams, lower = model.bigrams(ids[begin[place] + first], ids[begin[place + 1] + second])
    weights = np.where(bigrams >= 0, model.bigram_weight[bigrams], np.float32(0))
    # Every pair that the model knows, with every spelling that follows; what it lacks has no trigrams.
    known = np.flatnonzero(bigrams[: pairs[-2]] >= 0)
    following = sizes[place[known] + 2]
    which, third = _each(following)
    pair = known[which]
    kept, values = model.kept_trigrams(bigrams[pair], ids[begin[place[pair] + 2] + third])
    where = number[pair[kept]] * following[which[kept]] + third[kept]
    found, pairs, sizes = np.searchsorted(pair[kept], pairs).tolist(), pairs.tolist(), sizes.tolist()
    for at, shape in enumerate(zip(sizes, sizes[1:], sizes[2:], strict=False)):
        if shape == (1, 1, 1):
            yield None
            continue
        history = weights[pairs[at] : pairs[at + 1]].reshape(shape[0], shape[1], 1)
        step = history + lower[pairs[at + 1] : pairs[at + 2]].reshape(1, shape[1], shape[2])
        if found[at] < found[at + 1]:
            step.reshape(-1)[where[found[at] : found[at + 1]]] = values[found[at] : found[at + 1]]
        yield step


def _before(counts: Ints) -> Ints:
    """How many come before each, and how many there are in all: (len(counts) + 1,)."""
    return np.concatenate([[0], np.cumsum(counts)])


def _each(counts: Ints) -> tuple[Ints, Ints]:
    """For (2, 3): the places (0, 0, 1, 1, 1) and the numbers (0, 1, 0, 1, 2) within them."""
    place = np.repeat(np.arange(len(counts)), counts)
    return place, np.arange(len(place)) - _before(counts)[place]
