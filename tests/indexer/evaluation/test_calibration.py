import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.evaluation.calibration import area_under_risk, brier, reliability, risk_coverage

judged = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=300)


def test_ece_of_known_bins():
    found = reliability([0.95, 0.95, 0.15, 0.15], [True, False, False, False])
    assert found["ece"] == pytest.approx((2 * 0.45 + 2 * 0.15) / 4)
    assert [row["n"] for row in found["bins"]] == [0, 2, 0, 0, 0, 0, 0, 0, 0, 2]
    assert found["bins"][9]["accuracy"] == 0.5


def test_certainty_is_in_the_last_bin():
    assert reliability([1.0], [True])["bins"][-1]["n"] == 1


def test_confident_and_right_is_perfect():
    assert reliability([1.0, 0.0], [True, False])["ece"] == 0.0
    assert brier([1.0, 0.0], [True, False]) == 0.0
    assert brier([0.5], [True]) == 0.25


def test_a_confidence_that_is_no_probability_is_refused():
    with pytest.raises(ValueError, match="0–1"):
        reliability([1.2], [True])


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="2 confidences but 1 truths"):
        brier([0.1, 0.2], [True])


def test_curve_of_known_answers():
    points = risk_coverage([0.9, 0.8, 0.8, 0.1], [True, True, False, False])
    assert [(point["coverage"], point["risk"], point["threshold"]) for point in points] == [
        (0.25, 0.0, 0.9),
        (0.75, 0.3333, 0.8),
        (1.0, 0.5, 0.1),
    ]


@given(judged)
def test_a_curve_rises_in_coverage_and_ends_with_the_whole_error(pairs):
    shown, right = zip(*pairs, strict=True)
    points = risk_coverage(shown, right)
    coverage = [point["coverage"] for point in points]
    assert coverage == sorted(coverage) and coverage[-1] == 1
    assert points[-1]["risk"] == round(1 - sum(right) / len(right), 4)
    assert len(points) <= 100
    assert 0 <= area_under_risk(points) <= 1


@given(judged)
def test_ece_is_a_share_and_every_question_is_in_one_bin(pairs):
    shown, right = zip(*pairs, strict=True)
    found = reliability(shown, right)
    assert 0 <= found["ece"] <= 1
    assert sum(row["n"] for row in found["bins"]) == len(pairs) == found["n"]


def test_nothing_to_judge_is_no_error():
    assert reliability([], [])["ece"] == 0.0
    assert risk_coverage([], []) == []
    assert area_under_risk([]) == 0.0
