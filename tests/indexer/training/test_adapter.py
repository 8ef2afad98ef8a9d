"""Learning the adapter: on made-up vectors whose meaning lies in a few of their dimensions."""

import numpy as np
import torch
from torch.nn.functional import normalize

from indexer.training.adapter import BATCH, Material, learn, recall

PROCEDURES, TEXTS, DIM, NOISE = 60, 8, 16, 0.8


def material():
    """Each procedure is a point in four dimensions; the other twelve are noise that misleads plain cosine."""
    chance = torch.Generator().manual_seed(3)
    meaning = torch.randn(PROCEDURES, 4, generator=chance).repeat_interleave(TEXTS, 0)

    def seen():
        noise = NOISE * torch.randn(len(meaning), DIM - 4, generator=chance)
        return normalize(torch.cat([meaning + 0.1 * torch.randn(meaning.shape, generator=chance), noise], 1))

    owner = torch.arange(PROCEDURES).repeat_interleave(TEXTS)
    return Material(seen(), owner, owner.clone(), torch.arange(len(owner)), seen(), seen())


def test_what_is_learnt_finds_held_out_questions():
    given = material()
    places = np.random.default_rng(0).permutation(len(given.asked))
    held_out, training = places[:100], np.tile(places[100:], 40)
    assert len(training) > BATCH
    identity = torch.eye(DIM)
    before = recall(given, held_out, identity, identity)
    after = recall(given, held_out, *learn(given, training))
    assert after[0] > before[0] + 0.1
    assert after[1] >= after[0]


def test_learning_is_repeatable():
    given = material()
    training = np.tile(np.arange(len(given.asked)), 2)
    one, two = learn(given, training), learn(given, training)
    assert all(torch.equal(left, right) for left, right in zip(one, two, strict=True))
