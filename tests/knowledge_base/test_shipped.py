from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knowledge_base.catalogue import FACTS, catalogue_facts, load_facts
from knowledge_base.catalogue.extract import extract, facts_of
from knowledge_base.model import Origin
from knowledge_base.phrasing import load_phrasings
from knowledge_base.store import KnowledgeBase, LoadReport
from tests.knowledge_base.conftest import GuideMaker
from tests.knowledge_base.official import official_row


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    """A small catalogue of facts, extracted from official rows."""
    source = tmp_path / "official.jsonl"
    source.write_text("\n".join(json.dumps(official_row(number)) for number in range(3)), encoding="utf-8")
    extract(source, tmp_path / "facts.jsonl")
    return tmp_path / "facts.jsonl"


@pytest.fixture
def load(kb: KnowledgeBase, guides_root: Path, facts: Path) -> Callable[[], LoadReport]:
    return lambda: kb.load_shipped(guides_dir=guides_root, facts=facts)


def test_loading_twice_changes_nothing(
    load: Callable[[], LoadReport], write_guide: Callable[..., Path], kb: KnowledgeBase
) -> None:
    write_guide("1.000001")
    first = load()
    assert sorted(first.published) == ["1.000000", "1.000001", "1.000001", "1.000002"]
    assert {item.code: item.origin for item in kb.all()}["1.000001"] is Origin.CURATED
    revision = kb.revision()
    again = load()
    assert (again.skipped, again.published, kb.revision()) == (True, [], revision)


def test_an_edited_file_is_a_new_version(
    load: Callable[[], LoadReport], write_guide: Callable[..., Path], kb: KnowledgeBase
) -> None:
    write_guide("1.000001")
    write_guide("1.000002")
    load()
    write_guide("1.000001", summary="Sửa lại.")
    assert load().published == ["1.000001"]
    found = kb.get("1.000001")
    assert found is not None
    assert found.guide.summary == "Sửa lại."


def test_what_staff_changed_is_theirs(
    load: Callable[[], LoadReport], write_guide: Callable[..., Path], kb: KnowledgeBase, make_guide: GuideMaker
) -> None:
    for code in ("1.000001", "1.000002"):
        write_guide(code)
    load()
    kb.publish(make_guide("1.000001", summary="Của cán bộ."), Origin.CURATED, author="lan", reason="sửa")
    kb.withdraw("1.000002", Origin.CURATED, author="lan", reason="tạm gỡ")
    write_guide("1.000003")
    assert load().kept == []
    for code in ("1.000001", "1.000002"):
        write_guide(code, summary="Bản mới đi kèm.")
    report = load()
    assert (report.published, sorted(report.kept)) == ([], ["1.000001", "1.000002"])
    found = kb.get("1.000001")
    assert found is not None
    assert found.guide.summary == "Của cán bộ."
    assert kb.published("1.000002", Origin.CURATED) is None


def test_phrasings_of_staff_outlive_a_new_shipped_text(
    load: Callable[[], LoadReport], write_guide: Callable[..., Path], kb: KnowledgeBase
) -> None:
    asked = [f"câu hỏi số {number}" for number in range(9)]
    write_guide("1.000001", questions=asked)
    load()
    shipped = kb.get("1.000001")
    assert shipped is not None
    phrased = shipped.guide.model_copy(update={"questions": [*asked[1:], "câu của cán bộ"]})
    kb.publish(phrased, Origin.CURATED, author="lan", reason="thêm cách hỏi")
    for summary in ("Bản mới.", "Bản mới hơn."):
        write_guide("1.000001", summary=summary, questions=[*asked, "câu mới"])
        report = load()
        assert (report.errors, report.kept, report.published) == ([], [], ["1.000001"])
        found = kb.get("1.000001")
        assert found is not None
        assert found.guide.summary == summary
        assert found.guide.questions == [*asked[1:], "câu mới", "câu của cán bộ"]
    assert kb.history("1.000001")[0].author == "lan"
    assert load().skipped


def test_a_removed_file_is_withdrawn_and_may_return(
    load: Callable[[], LoadReport], write_guide: Callable[..., Path], kb: KnowledgeBase
) -> None:
    path = write_guide("1.000009")
    load()
    path.unlink()
    assert load().withdrawn == ["1.000009"]
    assert kb.get("1.000009") is None
    write_guide("1.000009")
    assert load().published == ["1.000009"]
    assert kb.get("1.000009") is not None


def test_a_broken_file_is_reported_and_the_rest_loaded(
    load: Callable[[], LoadReport], write_guide: Callable[..., Path], kb: KnowledgeBase
) -> None:
    write_guide("1.000001")
    load()
    write_guide("1.000001", text="code: [")
    write_guide("1.000002")
    report = load()
    assert [problem.file for problem in report.problems] == ["guides/ho_tich/1.000001.yml"]
    assert report.published == ["1.000002"]
    assert report.withdrawn == []
    assert kb.get("1.000001") is not None
    assert load().problems


def test_facts_hold_what_is_certain_and_no_sentence() -> None:
    facts = facts_of(
        official_row(
            7,
            name="HƯỞNG TRỢ CẤP MAI TÁNG",
            fee=["50,000 Việt Nam Đồng"],
            fee_status="amount_listed",
            legal_basis=[{"name": "x", "number": "Thông tư số 03/2023/TT-BTP"}, {"name": "y", "number": "54"}],
        )
    )
    assert facts == {
        "code": "1.000007",
        "name": "Hưởng trợ cấp mai táng",
        "field": "Hộ tịch",
        "levels": ["province", "commune"],
        "agency": "Sở Thử nghiệm",
        "time": [5, "working_day"],
        "fee": 50_000,
        "decision": "7/QĐ-BTN",
        "legal": ["03/2023/TT-BTP"],
        "channels": ["direct", "online"],
        "page": "7",
        "life_events": ["hoc_tap"],
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"fee": ["Miễn phí"], "fee_status": "zero_shown"},
        {"fee": ["Miễn phí (Không)"], "fee_status": "zero_shown_with_note"},
        {"fee": ["5,000 Việt Nam Đồng", "7,000 Việt Nam Đồng"], "fee_status": "amount_listed"},
        {"fee": ["Miễn phí", "70,000 Việt Nam Đồng"], "fee_status": "amount_listed"},
    ],
)
def test_uncertain_fees_are_left_out(changes: dict[str, Any]) -> None:
    assert "fee" not in facts_of(official_row(**changes))


@pytest.mark.parametrize(
    "agency", ["Sở Xây dựng, Ủy ban nhân dân", "Sở Y tế Thành phố Hà Nội", "Phòng Tư pháp", "UBND cấp huyện", "Một cửa"]
)
def test_agencies_that_are_not_plain_are_left_out(agency: str) -> None:
    assert "agency" not in facts_of(official_row(agency=agency))


def test_shipped_catalogue_is_whole_and_factual() -> None:
    guides = load_facts()
    assert len(guides) == len({guide.code for guide in guides}) > 2000
    assert all(fee.amount for guide in guides for fee in guide.fee)
    assert FACTS.stat().st_size < 1_500_000
    assert not any(guide.steps or guide.documents or guide.summary for guide in guides)
    allowed = {
        "code",
        "name",
        "field",
        "levels",
        "agency",
        "time",
        "fee",
        "decision",
        "legal",
        "channels",
        "page",
        "same_name",
        "province",
        "life_events",
    }
    assert {key for row in catalogue_facts() for key in row} <= allowed


def test_everything_shipped_loads_into_one_database(kb: KnowledgeBase) -> None:
    report = kb.load_shipped()
    assert len(kb.all()) >= 2166
    assert kb.load_shipped().skipped or report.problems


def test_a_curated_guide_keeps_the_phrasings_of_its_code(
    load: Callable[[], LoadReport], write_guide: Callable[..., Path], kb: KnowledgeBase
) -> None:
    code, phrasings = next(iter(load_phrasings().items()))
    write_guide(code)
    load()
    found = kb.get(code)
    assert found is not None
    assert found.origin is Origin.CURATED
    assert set(phrasings) <= set(found.guide.questions)
