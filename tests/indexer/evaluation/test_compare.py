import pytest

from common.errors import InvalidInput
from indexer.evaluation.compare import compare
from indexer.evaluation.retrieval import rows_of
from indexer.evaluation.runs import Run, load_run, save_run
from tests.indexer.evaluation.outcomes import outcome


def run(*outcomes, kind="retrieval") -> Run:
    return Run(kind=kind, rows=rows_of(outcomes))


def many(right: int, wrong: int, start: int = 0) -> list:
    hits = [("A", "B")] * right + [("B", "A")] * wrong
    return [outcome(id=str(start + place), gold=("A",), hits=found) for place, found in enumerate(hits)]


def test_a_run_compared_with_itself_shows_no_difference():
    found = compare(run(*many(3, 2)), run(*many(3, 2)))
    assert found["paired"] == 5
    assert found["metrics"]["top1"]["delta"] == 0
    assert found["metrics"]["top1"]["interval"] == (0, 0)
    assert not found["metrics"]["top1"]["certain"]
    assert found["changed"]["top1"] == {"gained": [], "lost": []}


def test_gained_and_lost_questions_are_named():
    before = run(outcome(id="1", hits=("B", "A")), outcome(id="2"), outcome(id="3", source="t:x"))
    after = run(outcome(id="1"), outcome(id="2", hits=("B", "A")), outcome(id="3", source="t:x"))
    found = compare(before, after)
    assert [item["id"] for item in found["changed"]["top1"]["gained"]] == ["1"]
    (lost,) = found["changed"]["top1"]["lost"]
    assert lost["question"] == "làm khai sinh"
    assert (lost["first"]["first"]["code"], lost["second"]["first"]["code"]) == ("A", "B")
    assert found["by_source"]["t"]["top1"]["delta"] == 0


def test_a_gain_everywhere_is_certain():
    before = [outcome(id=str(place), gold=(f"G{place}",), hits=("X", f"G{place}")) for place in range(30)]
    after = [outcome(id=str(place), gold=(f"G{place}",), hits=(f"G{place}",)) for place in range(30)]
    figure = compare(run(*before), run(*after))["metrics"]["top1"]
    assert (figure["first"], figure["second"], figure["delta"]) == (0, 1, 1)
    assert figure["certain"]


def test_only_shared_questions_count():
    found = compare(run(*many(2, 0)), run(*many(2, 0, start=1)))
    assert (found["paired"], found["only_first"], found["only_second"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (run(kind="answers"), "khác loại"),
        (run(outcome(id="other")), "không có câu hỏi chung"),
        (run(outcome(id="1", gold=("Z",))), "đáp án khác nhau"),
        (run(outcome(id="1"), outcome(id="1")), "id trùng"),
    ],
)
def test_what_cannot_be_compared_is_said(other, words):
    with pytest.raises(InvalidInput, match=words):
        compare(run(outcome(id="1")), other)


def test_a_run_comes_back_from_its_file(tmp_path):
    before = run(outcome(id="1"), outcome(id="2", gold=(), wanted="abstain"))
    save_run(before, tmp_path / "a.json")
    assert load_run(tmp_path / "a.json") == before


def test_a_file_that_is_no_run_is_named(tmp_path):
    (tmp_path / "x.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"x\.json không phải tệp"):
        load_run(tmp_path / "x.json")
