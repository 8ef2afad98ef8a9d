import itertools

import pytest

from indexer.evaluation.decisions import behaviour_table, decision_values

BEHAVIOURS = ("answer", "clarify", "abstain")


@pytest.mark.parametrize(
    ("wanted", "done", "right", "behaviour", "lenient", "wrong", "strict"),
    [
        ("answer", "answer", True, 1, 1, 0, 0),
        ("answer", "answer", False, 1, 1, 1, 1),
        ("answer", "clarify", True, 0, 0, 0, 0),
        ("clarify", "answer", True, 0, 1, 0, 1),
        ("clarify", "answer", False, 0, 0, 1, 1),
        ("abstain", "answer", False, 0, 0, 1, 1),
        ("abstain", "abstain", False, 1, 1, 0, 0),
    ],
)
def test_each_case_counts_as_documented(wanted, done, right, behaviour, lenient, wrong, strict):
    values = decision_values(wanted, done, right)
    assert values["behaviour_right"] == behaviour
    assert values["behaviour_right_lenient"] == lenient
    assert values["wrong_confident"] == wrong
    assert values["wrong_confident_strict"] == strict


@pytest.mark.parametrize(("wanted", "done", "right"), itertools.product(BEHAVIOURS, BEHAVIOURS, (True, False)))
def test_strict_is_never_milder_and_only_an_answer_can_be_wrong(wanted, done, right):
    values = decision_values(wanted, done, right)
    assert values["wrong_confident_strict"] >= values["wrong_confident"]
    assert values["behaviour_right_lenient"] >= values["behaviour_right"]
    assert done == "answer" or values["wrong_confident_strict"] == 0
    assert (values["answered_wrong"] is None) == (done != "answer")
    assert (values["abstain_precision"] is None) == (done != "abstain")
    assert (values["abstain_recall"] is None) == (wanted != "abstain")


def test_table_counts_pairs():
    assert behaviour_table([("answer", "clarify"), ("answer", "clarify"), ("abstain", "abstain")]) == {
        "abstain": {"abstain": 1},
        "answer": {"clarify": 2},
    }
