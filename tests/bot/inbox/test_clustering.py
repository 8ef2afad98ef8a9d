"""Grouping is stable: order doesn't matter, groups keep their number from day to day, and new questions move nobody."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.inbox.clustering import central, groups_of, keep_names
from bot.inbox.meaning import candidate_likeness, digest_of, likeness

MATTERS = st.lists(st.integers(0, 5), min_size=1, max_size=24)


def questions(matters: list[int], seed: int) -> np.ndarray:
    """A unit vector for each question, near the axis of its matter."""
    noise = np.random.default_rng(seed).normal(0, 0.12, (len(matters), 8))
    vectors = np.eye(8)[matters] + noise
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def alike(vectors: np.ndarray, matters: list[int]) -> np.ndarray:
    return likeness(vectors, [{f"c{matter}": 1.0} for matter in matters])


def as_sets(groups: list[list[int]], names: list[int]) -> set[frozenset[int]]:
    return {frozenset(names[row] for row in group) for group in groups}


@settings(max_examples=25, deadline=None)
@given(MATTERS, st.integers(0, 999), st.randoms(use_true_random=False))
def test_order_and_new_questions_change_no_group(matters: list[int], seed: int, random: object) -> None:
    vectors = questions(matters, seed)
    wanted = as_sets(groups_of(alike(vectors, matters)), list(range(len(matters))))
    assert wanted == {
        frozenset(row for row, other in enumerate(matters) if other == matter) for matter in set(matters)}
    shuffled = list(range(len(matters)))
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = alike(vectors[shuffled], [matters[row] for row in shuffled])
    assert as_sets(groups_of(again), shuffled) == wanted

    before = {row: 100 + matter for row, matter in enumerate(matters)}
    today = [*matters, 0, 6]
    groups = groups_of(alike(questions(today, seed + 1), today))
    names = keep_names(groups, before)
    for name, group in zip(names, groups, strict=True):
        matter = today[group[0]]
        assert name == (100 + matter if matter in matters else None)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=20), st.dictionaries(st.integers(0, 19), st.integers(1, 5)))
def test_a_name_is_given_once_and_only_to_a_group_that_held_it(places: list[int], before: dict[int, int]) -> None:
    groups: dict[int, list[int]] = {}
    for row, place in enumerate(places):
        groups.setdefault(place, []).append(row)
    names = keep_names(list(groups.values()), before)
    given_names = [name for name in names if name is not None]
    assert len(given_names) == len(set(given_names))
    for name, group in zip(names, groups.values(), strict=True):
        assert name is None or name in {before[row] for row in group if row in before}


def test_the_mean_stands_for_its_questions() -> None:
    from bot.inbox.meaning import Meaning

    matters = [0, 0, 0, 1]
    vectors = questions(matters, 3)
    nears = [{"a": 0.6, "b": 0.8}, {"a": 1.0}, {"b": 1.0}, {}]
    pairwise = likeness(vectors, nears)
    mean_near = {"a": (0.6 + 1.0) / 3, "b": (0.8 + 1.0) / 3}
    one = Meaning(vectors[3], {"a": 2.0})
    by_pairs = likeness(np.vstack([vectors[:3], vectors[3:]]), [*nears[:3], {"a": 1.0}])[3, :3].mean()
    by_mean = candidate_likeness(one, vectors[:3].mean(axis=0)[None, :], [mean_near])[0]
    assert abs(by_pairs - by_mean) < 1e-5
    assert central(pairwise[:3, :3]) in (0, 1, 2)


def test_a_question_is_the_same_however_it_is_typed() -> None:
    assert digest_of("Đăng ký khai sinh ở đâu?") == digest_of("dang ky khai sinh o dau")
    assert digest_of("đăng ký khai sinh") != digest_of("đăng ký khai tử")
    assert digest_of("🙂") == digest_of(" 🙂 ")
