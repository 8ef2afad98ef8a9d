"""The shipped golden questions: every curated guide has some, and none is a phrasing of its own guide."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from common.errors import InvalidGuide
from knowledge_base.golden import Golden, check_golden, load_golden
from knowledge_base.loader import GUIDES_DIR, load_tree
from knowledge_base.model import Guide


def test_every_curated_guide_has_golden_questions_of_its_own() -> None:
    guides = [file.guide for file in load_tree(GUIDES_DIR) if file.guide]
    golden = load_golden()
    assert check_golden(guides, golden) == []
    counts = Counter(item.code for item in golden if item.expected != "other")
    assert {guide.code for guide in guides} == set(counts)
    assert min(counts.values()) >= 2


def test_a_question_that_tests_nothing_is_refused(tmp_path: Path) -> None:
    guide = Guide(code="1.000001", name="Đăng ký khai sinh", field="Hộ tịch", questions=["làm khai sinh cho bé"])
    found = check_golden([guide], [
        Golden(code="1.000001", question="lam khai sinh cho be"), Golden(code="9.999999", question="gì đó"),
        Golden(code="1.000001", question="bé mới đẻ xin giấy tờ"),
        Golden(code="1.000001", question="Bé mới đẻ xin giấy tờ"),
    ])
    assert [problem.detail.split(" ")[2] for problem in found] == ["gần", "của", "lặp"]
    (tmp_path / "a.jsonl").write_text('{"code": "1.000001", "question": "ai"}\n', encoding="utf-8")
    with pytest.raises(InvalidGuide, match=r"a.jsonl:1"):
        load_golden(tmp_path)
