"""The audit of small guides against rows of a catalogue: what it must find, and what it must let pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common.errors import InvalidInput
from knowledge_base.audit import AuditReport, audit, audit_guides
from knowledge_base.audit.evidence import evidence_of
from knowledge_base.audit.fingerprint import load_fingerprints, read_evidence, write_fingerprints
from knowledge_base.audit.reasons import load_reasons
from knowledge_base.loader import load_tree
from tests.knowledge_base.official import official_row


def _row(name: str, originals: int, copies: int) -> dict[str, str]:
    return {"group": "", "name": name, "originals": str(originals), "copies": str(copies), "form": ""}


def _paper(name: str, kind: str = "form", copies: int = 1) -> dict[str, Any]:
    return {"documents": [{"name": name, "kind": kind, "copies": copies}]}


CODE = "1.000001"
RECORD: dict[str, Any] = official_row(
    1,
    methods=[{"channel": "Trực tiếp", "time": "05 ngày làm việc", "fee": "8,000 Việt Nam Đồng", "note": ""}],
    time=["05 ngày làm việc"],
    fee=["8,000 Việt Nam Đồng"],
    documents=[
        _row("Tờ khai đăng ký khai sinh theo mẫu CT01", 1, 0),
        _row("Bản sao Giấy chứng sinh do cơ sở khám bệnh cấp", 0, 2),
    ],
    steps="Trong thời hạn 60 ngày kể từ ngày sinh con, cha hoặc mẹ đi đăng ký.<br>Người từ đủ 14 tuổi phải có mặt.",
    conditions="Hộ nghèo được miễn lệ phí theo Nghị định số 07/2025/NĐ-CP ngày 09/01/2025.",
    legal_basis=[{"name": "Luật Thử nghiệm", "number": "1/2025/QH15"}],
)
GUIDE: dict[str, Any] = {
    "code": CODE,
    "summary": "Làm trong 60 ngày kể từ ngày sinh.",
    "cases": [{"id": "ngheo", "label": "Hộ nghèo", "when": "Gia đình thuộc hộ nghèo."}],
    "documents": [
        {"name": "Tờ khai đăng ký khai sinh (mẫu CT01)", "kind": "form"},
        {"name": "Bản sao giấy chứng sinh (nếu sinh ở bệnh viện)", "kind": "copy", "copies": 2},
    ],
    "fee": [{"amount": 8000, "note": "Nộp tám nghìn đồng."}, {"amount": 0, "when": "ngheo"}],
    "time": [{"amount": 5, "unit": "working_day"}],
    "conditions": ["Từ đủ 14 tuổi phải có mặt."],
    "legal_basis": [
        {"number": "1/2025/QH15"},
        {"number": "7/2025/NĐ-CP", "title": "Hộ tịch", "issued": "2025-01-09"},
    ],
    "decision_no": "1/QĐ-BTN",
}

Judge = Callable[..., AuditReport]


@pytest.fixture
def judge(guides_root: Path, write_guide: Callable[..., Path]) -> Judge:
    """Audits the guide with `changes` against the record with changes of its own."""

    def run(record: dict[str, Any] | None = None, reasons: str = "", **changes: Any) -> AuditReport:
        write_guide(**{**GUIDE, **changes})
        file = guides_root.parent / "audit.yml"
        file.write_text(reasons, encoding="utf-8")
        written, problems = load_reasons(file)
        report = audit_guides(load_tree(guides_root), {CODE: evidence_of({**RECORD, **(record or {})})}, written)
        report.problems.extend(problems)
        return report

    return run


def found(report: AuditReport) -> list[tuple[str, str]]:
    return [(finding.field, finding.value) for finding in report.findings]


def test_a_true_guide_has_no_findings(judge: Judge) -> None:
    report = judge()
    assert (found(report), report.ok, report.guides) == ([], True, 1)
    assert report.found == report.values == 15


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"fee": [{"amount": 80000}]}, "fee[0].amount", "80.000 đồng"),
        ({"fee": [{"amount": 8000, "note": "Mỗi bản 9.000 đồng."}]}, "fee[0].note", "9.000 đồng"),
        ({"time": [{"amount": 6, "unit": "working_day"}]}, "time[0].amount", "6 ngày làm việc"),
        ({"time": [{"amount": 5, "unit": "day"}]}, "time[0].amount", "5 ngày"),
        ({"time": [{"amount": 60, "unit": "day"}]}, "time[0].amount", "60 ngày"),
        ({"summary": "Làm trong sáu mươi ngày làm việc."}, "summary", "60 ngày làm việc"),
        ({"conditions": ["Từ đủ 16 tuổi."]}, "conditions[0]", "16 tuổi"),
        ({"legal_basis": [{"number": "8/2025/NĐ-CP"}]}, "legal_basis[0].number", "8/2025/NĐ-CP"),
        ({"legal_basis": [{"number": "1/2025/QH15", "issued": "2025-01-10"}]}, "legal_basis[0].issued", "2025-01-10"),
        ({"decision_no": "2/QĐ-BTN"}, "decision_no", "2/QĐ-BTN"),
        (_paper("Hợp đồng thuê nhà"), "documents[0].name", "Hợp đồng thuê nhà"),
        (_paper("Giấy chứng sinh hoặc sổ tiêm chủng"), "documents[0].name", "Giấy chứng sinh hoặc sổ tiêm chủng"),
        (_paper("Tờ khai đăng ký khai sinh", copies=3), "documents[0].copies", "3 bản"),
        (_paper("Bản sao giấy chứng sinh", "copy"), "documents[0].copies", "1 bản"),
        (_paper("Tờ khai đăng ký khai sinh (mẫu CT02)"), "documents[0].name", "mẫu CT02"),
    ],
)
def test_a_planted_error_is_found(judge: Judge, changes: dict[str, Any], field: str, value: str) -> None:
    report = judge(**{"cases": None, **({} if "fee" in changes else {"fee": [{"amount": 8000}]}), **changes})
    assert (field, value) in found(report)
    assert not report.ok


def test_a_finding_says_where_what_is_nearest_and_what_to_do(judge: Judge) -> None:
    (finding,) = judge(conditions=["Từ đủ 16 tuổi."]).findings
    assert finding.file == "guides/ho_tich/1.000001.yml"
    assert finding.line > 1
    assert finding.nearest == "14 tuổi"
    assert str(finding).endswith("Sửa theo hồ sơ gốc, hoặc ghi lý do vào knowledge_base/audit.yml.")


def test_free_needs_words(judge: Judge) -> None:
    shown = {"conditions": "", "fee": ["Miễn phí"], "methods": [{"channel": "Trực tiếp", "fee": "0 đồng"}]}
    free = {"cases": None, "fee": [{"amount": 0}], "legal_basis": [{"number": "1/2025/QH15"}]}
    assert ("fee[0].amount", "0 đồng") in found(judge(shown, **free))
    assert not judge({**shown, "conditions": "Không phải nộp lệ phí."}, time=[{"note": "Chưa rõ."}], **free).findings


def test_times_come_from_the_text_where_the_methods_say_nothing(judge: Judge) -> None:
    silent = {"methods": [{"channel": "Trực tiếp", "time": "", "fee": "8.000 đồng", "note": ""}], "time": []}
    assert not judge(silent, time=[{"amount": 60, "unit": "day"}]).findings


def test_a_reason_settles_its_finding_and_no_other(judge: Judge) -> None:
    reason = f"'{CODE}':\n  - field: conditions\n    value: 16 tuổi\n    why: The record's annex says so.\n"
    report = judge(reasons=reason, conditions=["Từ đủ 16 tuổi.", "Từ đủ 17 tuổi."])
    assert [(finding.value, finding.why) for finding in report.reasoned] == [("16 tuổi", "The record's annex says so.")]
    assert found(report) == [("conditions[1]", "17 tuổi")]
    assert judge(reasons=reason.replace(f"'{CODE}'", "all"), conditions=["Từ đủ 16 tuổi."]).ok


def test_an_outdated_or_broken_reason_is_a_problem(judge: Judge) -> None:
    outdated = judge(reasons=f"'{CODE}':\n  - field: conditions\n    value: 16 tuổi\n    why: Old.\n")
    assert [(problem.file, problem.line) for problem in outdated.problems] == [("audit.yml", 2)]
    assert not outdated.ok
    broken = judge(reasons=f"'{CODE}':\n  - field: conditions\n    value: 16 tuổi\n")
    assert "field, value, why" in broken.problems[0].detail
    assert not judge(reasons="a: [").ok


def test_a_neighbour_answers_for_itself(judge: Judge) -> None:
    assert found(judge(related=[{"code": "1.000002", "why": "Trẻ dưới 6 tuổi"}])) == [("related[0].why", "6 tuổi")]


def test_fingerprints_judge_as_the_record_does(tmp_path: Path, guides_root: Path, write_guide: Any) -> None:
    catalogue, reasons = tmp_path / "c.jsonl", tmp_path / "none.yml"
    catalogue.write_text(json.dumps(RECORD, ensure_ascii=False) + "\n", encoding="utf-8")
    write_guide(**{**GUIDE, "conditions": ["16 tuổi"], "documents": [{"name": "Giấy chứng tử của mẹ", "kind": "copy"}]})
    full = audit(catalogue, root=guides_root, reasons=reasons)
    kept = tmp_path / "prints.jsonl"
    assert write_fingerprints(read_evidence(catalogue, {CODE}).values(), kept) == 1
    brief = audit_guides(load_tree(guides_root), load_fingerprints(kept))
    assert found(full) == found(brief) != []
    assert "Bản sao Giấy chứng sinh" in full.findings[0].nearest
    assert "(0 bản chính, 2 bản sao), trùng 50%, thiếu: tử mẹ" in brief.findings[0].nearest
    assert "hứng sinh" not in kept.read_text(encoding="utf-8")


def test_what_cannot_be_judged_is_said(tmp_path: Path, guides_root: Path, write_guide: Any) -> None:
    write_guide(**GUIDE)
    empty = tmp_path / "empty.jsonl"
    empty.write_text("", encoding="utf-8")
    report = audit(empty, root=guides_root, reasons=tmp_path / "none.yml")
    assert "không có hồ sơ gốc" in report.problems[0].detail
    assert [problem.file for problem in audit(empty, ["9.999999"], root=guides_root).problems] == ["9.999999"]
    with pytest.raises(InvalidInput, match="không đọc được tệp"):
        audit(tmp_path / "nowhere.jsonl", root=guides_root)
    for bad in ("{", "[]", json.dumps({"code": CODE, "documents": [1]})):
        empty.write_text(bad, encoding="utf-8")
        with pytest.raises(InvalidInput, match="empty"):
            audit(empty, root=guides_root)
