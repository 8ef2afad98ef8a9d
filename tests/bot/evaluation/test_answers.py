import pytest

from bot.evaluation.answers import Turn, find_misses, report, rows_of
from bot.evaluation.running import hear
from indexer.evaluation.questions import Question
from tests.bot.evaluation.bodies import answered, offered

A, B = "1.000001", "1.000002"


def turn(body, gold=(A,), behaviour="answer", aspect=None, **fields) -> Turn:
    fields = {"id": "q1", "question": "lệ phí khai sinh", "source": "s:1"} | fields
    return Turn(Question(gold_codes=list(gold), behaviour=behaviour, aspect=aspect, **fields), hear(body))


def test_an_answer_is_heard_with_its_procedure_and_aspect():
    heard = hear(answered(A))
    assert (heard.behaviour, heard.codes, heard.aspect, heard.confidence) == ("answer", (A,), "fee", 0.9)


def test_offers_are_heard_in_order_and_links_are_none():
    heard = hear(offered(B, A))
    assert (heard.behaviour, heard.codes, heard.aspect) == ("clarify", (B, A), None)


@pytest.mark.parametrize("status", ["abstained", "smalltalk", "handed_off", "control"])
def test_what_sends_the_citizen_elsewhere_counts_as_abstaining(status):
    assert hear(offered(status=status)).behaviour == "abstain"


def test_report_counts_behaviour_procedure_and_aspect():
    turns = [
        turn(answered(A), aspect="fee", id="1"),
        turn(answered(A, "time"), aspect="fee", id="2"),
        turn(answered(B), id="3", source="t"),
        turn(offered(B, A), id="4"),
        turn(offered(status="abstained"), gold=(), behaviour="abstain", id="5"),
    ]
    figures = report(turns, rounds=100)
    assert figures["n"] == 5
    assert figures["behaviour_right"] == 0.8
    assert figures["wrong_confident"] == 0.2
    assert figures["answered_right"] == pytest.approx(2 / 3, abs=1e-4)
    assert figures["procedure_answered_or_offered"] == 0.75
    assert figures["aspect_right"] == 0.5
    assert figures["by_aspect"]["fee"] == {"aspect_right": 0.5, "procedure": 1.0, "n": 2}
    assert figures["aspect_table"] == {"fee": {"fee": 1, "time": 1}}
    assert figures["by_source"]["t"]["wrong_confident"] == 1.0
    assert figures["table"]["answer"] == {"answer": 3, "clarify": 1}


def test_out_of_scope_texts_are_apart():
    foreign = [turn(offered(status="smalltalk"), gold=(), behaviour="abstain", source="smalltalk:bye")]
    figures = report([turn(answered(A))], out_of_scope=foreign, rounds=100)
    assert figures["n"] == 1
    assert figures["out_of_scope"]["without_flights"]["refused"] == 1.0


def test_no_aspect_wanted_gives_no_aspect_figure():
    assert report([turn(answered(A))], rounds=100)["aspect_right"] is None


def test_a_wrong_aspect_is_a_miss_with_what_was_said():
    turns = [turn(answered(A, "time"), aspect="fee", id="aspect"), turn(answered(B), id="wrong"), turn(answered(A))]
    wrong, aspect = find_misses(turns, "tên {}".format)
    assert (wrong.id, wrong.kind) == ("wrong", "answered_wrong")
    assert (aspect.id, aspect.kind, aspect.wanted) == ("aspect", "aspect_wrong", "answer (fee)")
    assert aspect.said == "Lệ phí 8.000 đồng."
    assert wrong.candidates[0].name == f"tên {B}"


def test_rows_keep_what_was_done():
    (row,) = rows_of([turn(answered(A), aspect="fee")])
    assert row.did["status"] == "answered" and row.did["codes"] == [A]
    assert row.values["aspect_right"] == 1.0
