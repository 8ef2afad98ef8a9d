import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.search.types import Entry, EntryKind
from indexer.search.vectors import VectorTable

DIM = 8


def rows(code: str, count: int, seed: int) -> tuple[list[Entry], np.ndarray]:
    vectors = np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)
    return [Entry(code, EntryKind.QUESTION, f"{code}-{seed}-{n}") for n in range(count)], vectors


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=12))
def test_any_sequence_of_replacements_equals_a_fresh_table(changes):
    """Model-based: a dict of code → rows is the truth."""
    entries, vectors = rows("c0", 3, seed=99)
    truth = {"c0": (entries, vectors)}
    table = VectorTable.from_vectors(entries, vectors)
    for seed, (code_number, count) in enumerate(changes):
        code = f"c{code_number}"
        fresh = rows(code, count, seed)
        truth[code] = fresh
        table = table.replace({code}, *fresh)
    query = np.ones((1, DIM), dtype=np.float32)
    scores = table.similarities(query)[0]
    alive = table.alive
    seen = {table.entries[row].text: scores[row] for row in np.flatnonzero(alive)}
    wanted = {
        e.text: float(v.sum()) for own, own_vectors in truth.values() for e, v in zip(own, own_vectors, strict=True)
    }
    assert seen.keys() == wanted.keys()
    for text, score in wanted.items():
        assert abs(seen[text] - score) < 1e-4
