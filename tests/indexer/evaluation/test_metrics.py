import pytest

from common.errors import InvalidInput
from indexer.evaluation.metrics import summary
from indexer.evaluation.questions import load_questions, stripped


def test_summary_of_known_ranks():
    figures = summary([0, 2, None, 9])
    assert figures["top1"] == 0.25
    assert figures["top3"] == 0.5
    assert figures["mrr@10"] == pytest.approx((1 + 1 / 3 + 0.1) / 4, abs=1e-4)
    assert figures["n"] == 4


def test_summary_of_nothing_is_zero_not_an_error():
    assert summary([])["top1"] == 0.0


def test_every_bad_line_is_named(tmp_path):
    file = tmp_path / "q.jsonl"
    file.write_text('{"id": "1", "question": "khai sinh"}\n{broken\n{"id": "3"}\n[1]\n', encoding="utf-8")
    with pytest.raises(InvalidInput) as error:
        load_questions(file)
    for line in (2, 3, 4):
        assert f"q.jsonl:{line}:" in str(error.value)


def test_out_of_scope_rows_become_abstentions(tmp_path):
    file = tmp_path / "oos.jsonl"
    file.write_text('{"text": "giá vàng", "kind": "oos:finance"}\n', encoding="utf-8")
    (question,) = load_questions(file)
    assert (question.behaviour, question.source) == ("abstain", "oos:finance")


def test_stripped_twins_have_no_diacritics(tmp_path):
    file = tmp_path / "q.jsonl"
    file.write_text('{"id": "1", "question": "Đăng ký"}\n', encoding="utf-8")
    assert stripped(load_questions(file))[0].question == "Dang ky"
