import json

import pytest

from common.errors import InvalidInput
from indexer.evaluation.misses import KINDS, find_misses, kind_of, write_misses
from indexer.search.types import Hit, SearchResult
from tests.indexer.evaluation.outcomes import outcome

MISSED = [
    outcome(id="asked", done="clarify", confidence=0.5),
    outcome(id="right"),
    outcome(id="sure", gold=("C",), confidence=0.95, question="xin giấy | khai\nsinh"),
    outcome(id="unsure", gold=("C",), confidence=0.6),
    outcome(id="away", done="abstain", confidence=0.2),
]


def explain(text: str, k: int) -> SearchResult:
    hits = tuple(Hit(code, f"Tên {code}", 0.5, "x", {"dense": 0.91, "commune": 0.0}) for code in "ABC")
    return SearchResult(text, text, "answer", 0.9, hits[:k], 1.0)


@pytest.mark.parametrize(
    ("wanted", "done", "right", "has_gold", "kind"),
    [
        ("answer", "answer", True, True, None),
        ("answer", "answer", False, True, "answered_wrong"),
        ("abstain", "answer", False, False, "answered_unknown"),
        ("clarify", "answer", True, True, "answered_early"),
        ("clarify", "clarify", True, True, None),
        ("clarify", "clarify", False, True, "wrong_first"),
        ("answer", "clarify", True, True, "asked_needlessly"),
        ("abstain", "clarify", False, False, "asked_unknown"),
        ("clarify", "abstain", True, True, "sent_away"),
        ("abstain", "abstain", False, False, None),
    ],
)
def test_each_error_has_its_kind(wanted, done, right, has_gold, kind):
    assert kind_of(wanted, done, right=right, has_gold=has_gold) == kind
    assert kind is None or kind in KINDS


def test_confident_wrong_comes_first():
    found = find_misses(MISSED, explain, "tên {}".format)
    assert [miss.id for miss in found] == ["sure", "unsure", "away", "asked"]
    assert found[0].rank == 3
    assert found[0].gold[0].name == "tên C"
    assert found[0].candidates[0].parts["dense"] == 0.91


def test_markdown_shows_each_miss_with_its_candidates(tmp_path):
    file = tmp_path / "misses.md"
    write_misses(find_misses(MISSED, explain, "tên {}".format), file)
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# Câu sai: 4\n")
    assert "### xin giấy \\| khai sinh" in text
    assert "- đúng (hạng 3): C tên C" in text
    assert "| 3 ✓ | C | 0.500 | Tên C | x | dense=0.91 |" in text


def test_json_lines_hold_the_same(tmp_path):
    file = tmp_path / "misses.jsonl"
    write_misses(find_misses(MISSED, explain, str), file)
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [row["kind"] for row in rows] == ["answered_wrong", "answered_wrong", "sent_away", "asked_needlessly"]


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match=r"\.md hoặc \.jsonl"):
        write_misses([], tmp_path / "misses.txt")
