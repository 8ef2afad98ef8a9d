import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.evaluation.bootstrap import bounds, cluster_ids, resampled

values = st.lists(st.sampled_from([0.0, 0.5, 1.0, np.nan]), min_size=1, max_size=30)


def test_questions_about_one_procedure_share_a_cluster():
    ids = cluster_ids([["A"], ["B"], ["A"], [], []])
    assert ids[0] == ids[2] != ids[1]
    assert len(set(ids.tolist())) == 4


def test_a_question_with_several_codes_joins_the_one_most_asked_about_without_chaining_the_rest():
    ids = cluster_ids([["A"], ["A"], ["A", "B"], ["B", "C"], ["C"], ["C"]])
    assert ids[2] == ids[0]
    assert ids[3] == ids[4]
    assert ids[0] != ids[4]


@given(values, st.integers(0, 5))
@settings(max_examples=50, deadline=None)
def test_every_draw_lies_between_the_least_and_the_greatest_value(column, seed):
    matrix = np.array(column)[:, None]
    draws = resampled(matrix, np.arange(len(column)), rounds=50, seed=seed)
    known = draws[~np.isnan(draws)]
    if np.isnan(matrix).all():
        assert not len(known)
    else:
        assert (known >= np.nanmin(matrix) - 1e-12).all() and (known <= np.nanmax(matrix) + 1e-12).all()


def test_the_same_seed_gives_the_same_draws_and_another_seed_others():
    matrix = np.array([[0.0], [1.0], [1.0], [0.0]] * 5)
    clusters = np.arange(20)
    assert (resampled(matrix, clusters, seed=1) == resampled(matrix, clusters, seed=1)).all()
    assert (resampled(matrix, clusters, seed=1) != resampled(matrix, clusters, seed=2)).any()


def test_the_interval_holds_the_mean_and_agrees_with_the_normal_one():
    matrix = np.array([[1.0]] * 300 + [[0.0]] * 100)
    ((low, high),) = bounds(resampled(matrix, np.arange(400)))
    assert low == pytest.approx(0.75 - 1.96 * (0.75 * 0.25 / 400) ** 0.5, abs=0.01)
    assert high == pytest.approx(0.75 + 1.96 * (0.75 * 0.25 / 400) ** 0.5, abs=0.01)


def test_questions_that_fail_together_widen_the_interval():
    matrix = np.array([[float(place // 10 % 2)] for place in range(200)])
    ((low, high),) = bounds(resampled(matrix, np.arange(200)))
    ((wide_low, wide_high),) = bounds(resampled(matrix, np.arange(200) // 10))
    assert wide_high - wide_low > 2 * (high - low)


def test_a_metric_that_never_applies_has_no_interval():
    assert bounds(resampled(np.full((3, 1), np.nan), np.arange(3))) == [None]
    assert bounds(resampled(np.zeros((0, 1)), np.zeros(0, dtype=int))) == [None]


def test_equal_clusters_pair_two_runs_so_that_no_change_has_no_spread():
    matrix = np.array([[0.0], [1.0], [1.0], [0.0]] * 5)
    clusters = np.arange(20) // 2
    difference = resampled(matrix, clusters) - resampled(matrix, clusters)
    assert bounds(difference) == [(0.0, 0.0)]
