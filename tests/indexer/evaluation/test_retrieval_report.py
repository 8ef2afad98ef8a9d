import pytest

from indexer.evaluation.retrieval import report, rows_of
from tests.indexer.evaluation.outcomes import outcome

OUTCOMES = [
    outcome(id="1"),
    outcome(id="2", hits=("B", "A"), confidence=0.8),
    outcome(id="3", gold=("C",), hits=("A",), done="clarify", confidence=0.4, source="t"),
    outcome(id="4", wanted="clarify", gold=("A", "B")),
    outcome(id="5", wanted="abstain", gold=(), done="abstain", confidence=0.1),
]


def test_ranking_counts_questions_with_codes_and_decisions_count_all():
    figures = report(OUTCOMES)
    assert (figures["n"], figures["top1"], figures["top3"]) == (4, 0.5, 0.75)
    assert figures["decisions"]["table"] == {
        "abstain": {"abstain": 1},
        "answer": {"answer": 2, "clarify": 1},
        "clarify": {"answer": 1},
    }
    assert figures["decisions"]["behaviour_right"] == 0.6
    assert figures["decisions"]["behaviour_right_lenient"] == 0.8
    assert figures["decisions"]["wrong_confident"] == 0.2
    assert figures["decisions"]["wrong_confident_strict"] == 0.4
    assert figures["abstain"] == {"precision": 1.0, "recall": 1.0, "wanted": 1, "abstained": 1}


def test_groups_and_intervals_hold_every_metric():
    figures = report(OUTCOMES, rounds=200)
    assert figures["by_source"]["t"]["n"] == 1
    assert figures["by_behaviour"]["clarify"]["top1"] == 1.0
    low, high = figures["intervals"]["top1"]
    assert low <= figures["top1"] <= high
    assert figures["bootstrap"]["clusters"] == 3  # A and C, and the question without a code
    assert figures["top1_interval"] == figures["intervals"]["top1"]


def test_seen_procedures_are_reported_apart():
    seen = report(OUTCOMES, seen=frozenset({"C"}))["seen"]
    assert (seen["touched"]["n"], seen["untouched"]["n"]) == (1, 3)
    assert seen["touched"]["top1"] == 0.0
    assert seen["untouched"]["top1"] == pytest.approx(2 / 3, abs=1e-4)


def test_out_of_scope_texts_are_a_block_of_their_own():
    foreign = [
        outcome(id="a", wanted="abstain", gold=(), done="abstain", source="oos:flights:fare"),
        outcome(id="b", wanted="abstain", gold=(), done="answer", source="oos:weather:now"),
        outcome(id="c", wanted="abstain", gold=(), done="abstain", source="smalltalk:bye"),
    ]
    figures, alone = report(OUTCOMES, out_of_scope=foreign), report(OUTCOMES)
    block = figures.pop("out_of_scope")
    assert figures == alone
    assert block["flights"] == {"refused": 1.0, "answered": 0.0, "n": 1}
    assert block["without_flights"]["refused"] == 0.5
    assert block["by_kind"]["oos:weather"] == {"refused": 0.0, "answered": 1.0, "n": 1}


def test_working_point_is_what_was_answered():
    assert report(OUTCOMES)["risk_coverage"]["working"] == {"coverage": 0.6, "risk": 0.3333}


def test_nothing_asked_gives_zeros_not_an_error():
    figures = report([])
    assert (figures["n"], figures["top1"], figures["decisions"]["behaviour_right"]) == (0, 0.0, 0.0)


def test_rows_say_what_was_done():
    row = rows_of(OUTCOMES)[1]
    assert row.did["rank"] == 1
    assert [hit["code"] for hit in row.did["hits"]] == ["B", "A"]
    assert row.values["top1"] == 0.0 and row.values["top3"] == 1.0
