from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from common.settings import PROJECT_ROOT
from knowledge_base.catalogue import catalogue_codes, undecided_codes
from knowledge_base.schema import SCHEMA_FILE, render
from knowledge_base.validator import validate_tree

QUESTIONS = [f"hỏi {number}" for number in range(8)]

def _ask(*cases: str, question: str = "Thế nào ạ?", **rest: Any) -> dict[str, Any]:
    return {"question": question, "cases": list(cases), **rest}


_VIDEO = {"kind": "video", "title": "Cách nộp", "url": "https://example.vn/nop"}
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"questions": QUESTIONS[:7]}, "questions", "ít nhất 8"),
    ({"questions": [*QUESTIONS, "HỎI  3 ?"]}, "questions[8]", "trùng"),
    ({"decision_no": None}, "decision_no", "thiếu số quyết định"),
    ({"legal_basis": []}, "legal_basis", "căn cứ"),
    ({"checked_on": "2026-07-16"}, "checked_on", "tương lai"),
    ({"checked_on": None}, "checked_on", "thiếu"),
    ({"sources": []}, "sources", "nguồn"),
    ({"summary": None}, "summary", "tóm tắt"),
    ({"documents": []}, "documents", "chưa có giấy tờ"),
    ({"time": []}, "time", "thời hạn"),
    ({"fee": []}, "fee", "phí"),
    ({"fee": [{"amount": None, "note": None, "when": "late"}]}, "fee[0]", "note"),
    ({"channels": []}, "channels", "cách nộp"),
    ({"places": []}, "places", "nơi nộp"),
    ({"steps": []}, "steps", "bước"),
    ({"time": [{"amount": 1, "unit": "day", "when": "never"}]}, "time[0].when", "không có trường hợp"),
    ({"related": [{"code": "9.999999", "why": "x"}]}, "related[0].code", "không có thủ tục"),
    ({"related": [{"code": "1.001193", "why": "x"}]}, "related[0].code", "chính là"),
    ({"e_form": "khong_co"}, "e_form", "tờ khai điện tử"),
    ({"effective_to": "2026-07-14"}, "effective_to", "hết hiệu lực"),
    ({"effective_from": "2027-02-01", "effective_to": "2027-01-01"}, "effective_to", "trước ngày bắt đầu"),
    ({"fee": [{"amount": 5000}, {"amount": 8000}]}, "fee[1].amount", "mâu thuẫn"),
    ({"fee": [{"amount": 0, "when": "late"}, {"amount": 8000, "when": "late"}]}, "fee[1].amount", "mâu thuẫn"),
    ({"fee": [{"amount": 1, "note": "a"}, {"amount": 2, "note": "A "}]}, "fee[1].amount", "mâu thuẫn"),
    ({"time": [{"amount": 1, "unit": "day"}, {"amount": 2, "unit": "day"}]}, "time[1]", "mâu thuẫn"),
    ({"time": [{"unit": "day"}]}, "time[0]", "thiếu số"),
    ({"time": [{"amount": 2}]}, "time[0]", "thiếu đơn vị"),
    ({"online_level": "none"}, "online_level", "online"),
    ({"channels": ["direct"]}, "channels", "không có online"),
    ({"asks": [_ask("on_time", "late", "never")]}, "asks[0].cases[2]", "không có trường hợp “never”"),
    ({"asks": [_ask("on_time", "late"), _ask("late", other="Không")]}, "asks[1].cases[0]", "đã có ở câu hỏi thứ 1"),
    ({"asks": [_ask("late", "late", "on_time")]}, "asks[0].cases[1]", "đã có ở câu hỏi thứ 1"),
    ({"asks": [_ask("late", other="Đúng hạn")]}, "cases[0]", "chưa có câu hỏi nào"),
    ({"asks": [_ask("on_time"), _ask("late", other="Không")]}, "asks[0].other", "chỉ có một trường hợp"),
    ({"asks": [_ask("on_time", "late", question="Đến lúc nào")]}, "asks[0].question", "dấu hỏi"),
    ({"asks": [_ask("on_time", "late", other="Quá hạn")]}, "asks[0].other", "trùng tên"),
    ({"asks": [_ask("on_time", other="A"), _ask("late", other="B", many=True)]}, "asks[1].many", "chọn được nhiều"),
    ({"asks": [_ask("on_time", "late")] * 5}, "asks[4]", "nhiều nhất 4"),
    ({"media": [{**_VIDEO, "step": 3}]}, "media[0].step", "không có bước 3"),
    ({"media": [_VIDEO, _VIDEO]}, "media[1].url", "đã có ở dòng thứ 1"),
]


def _validate(root: Path, today: date, **options: Any) -> Any:
    return validate_tree(root, known_codes={"2.000635"}, known_forms={"khai_sinh"}, today=today, **options)


def test_a_sound_guide_passes(write_guide: Callable[..., Path], guides_root: Path, today: date) -> None:
    write_guide(related=[{"code": "2.000635", "why": "Cần bản sao"}], e_form="khai_sinh")
    report = _validate(guides_root, today)
    assert (report.errors, report.warnings) == ([], [])
    assert [guide.code for guide in report.guides] == ["1.001193"]


@pytest.mark.parametrize(("changes", "field", "said"), WRONG, ids=[f"{f}:{s}" for _, f, s in WRONG])
def test_each_rule_names_file_line_and_field(
    changes: dict[str, Any], field: str, said: str, write_guide: Callable[..., Path], guides_root: Path, today: date
) -> None:
    path = write_guide(**changes)
    report = _validate(guides_root, today)
    problem = next(problem for problem in report.errors if problem.field == field and said in problem.detail)
    assert problem.file == "guides/ho_tich/1.001193.yml"
    assert 1 <= problem.line <= len(path.read_text(encoding="utf-8").splitlines())
    assert report.guides == []


def test_line_points_at_the_value(write_guide: Callable[..., Path], guides_root: Path, today: date) -> None:
    path = write_guide(documents=[{"name": "Tờ khai", "kind": "form"}, {"name": "X", "kind": "copy", "when": "nie"}])
    [problem] = _validate(guides_root, today).errors
    assert "when: nie" in path.read_text(encoding="utf-8").splitlines()[problem.line - 1]


def test_cases_must_differ(write_guide: Callable[..., Path], guides_root: Path, today: date) -> None:
    twins = [
        {"id": "on_time", "label": "Đúng hạn", "when": "Khi A"},
        {"id": "late", "label": "Quá hạn", "when": "Khi B"},
        {"id": "late", "label": "quá  hạn", "when": "Khi C"},
    ]
    write_guide(cases=twins)
    assert {problem.field for problem in _validate(guides_root, today).errors} == {"cases[2].id", "cases[2]"}


def test_a_decision_that_nobody_names_is_only_a_warning(
    write_guide: Callable[..., Path], guides_root: Path, today: date
) -> None:
    write_guide(decision_no=None)
    report = _validate(guides_root, today, undecided={"1.001193"})
    assert report.ok
    assert [problem.field for problem in report.warnings] == ["decision_no"]


def test_no_papers_may_be_said_outright(write_guide: Callable[..., Path], guides_root: Path, today: date) -> None:
    write_guide(documents=[], conditions=["Không cần nộp giấy tờ nào."])
    assert _validate(guides_root, today).errors == []


def test_files_stand_where_their_code_says(
    write_guide: Callable[..., Path], guides_root: Path, today: date
) -> None:
    path = write_guide()
    path.rename(guides_root / "1.001194.yaml")
    details = " ".join(problem.detail for problem in _validate(guides_root, today).errors)
    assert "đuôi tệp" in details
    assert "phải nằm ở" in details
    assert "tên tệp phải là 1.001193.yml" in details


def test_guides_are_judged_against_each_other(
    write_guide: Callable[..., Path], guides_root: Path, today: date
) -> None:
    write_guide("1.000001", questions=[*QUESTIONS, "làm giấy khai sinh ở đâu"], short_names=["khai sinh"])
    asked = [*[f"{question} b" for question in QUESTIONS], "Làm giấy khai sinh ở đâu?"]
    write_guide("1.000002", short_names=["Khai sinh"], questions=asked)
    (guides_root / "other").mkdir()
    copy = (guides_root / "ho_tich" / "1.000001.yml").read_text(encoding="utf-8").replace("hỏi", "thưa")
    (guides_root / "other" / "1.000001.yml").write_text(copy, encoding="utf-8")
    report = _validate(guides_root, today)
    said = {(problem.file, problem.field) for problem in report.errors}
    assert ("guides/ho_tich/1.000002.yml", "questions[8]") in said
    assert ("guides/other/1.000001.yml", "code") in said
    assert any(problem.field == "short_names[0]" for problem in report.warnings)


def test_a_broken_file_does_not_hide_the_others(
    write_guide: Callable[..., Path], guides_root: Path, today: date
) -> None:
    write_guide("1.000001", text="code: [")
    write_guide("1.000002", text=b"\xff\xfe")
    write_guide("1.000003")
    report = _validate(guides_root, today)
    assert [guide.code for guide in report.guides] == ["1.000003"]
    assert {problem.file.rsplit("/", 1)[1] for problem in report.errors} == {"1.000001.yml", "1.000002.yml"}
    assert report.files == 3


@pytest.mark.parametrize(
    "place",
    [
        "UBND huyện Ba Chẽ", "Ủy ban nhân dân cấp huyện", "Phòng Tư pháp quận 1", "Phòng Nội vụ (cũ) cấp huyện",
        "Công an thị xã",
    ],
)
def test_ended_offices_are_warned_about(
    place: str, write_guide: Callable[..., Path], guides_root: Path, today: date
) -> None:
    write_guide(places=[place])
    report = _validate(guides_root, today)
    assert report.ok
    assert [problem.field for problem in report.warnings] == ["places[0]"]


def test_free_beside_paid_is_warned_about(write_guide: Callable[..., Path], guides_root: Path, today: date) -> None:
    write_guide(fee=[{"amount": 0, "note": "Đăng ký"}, {"amount": 8000, "note": "Mỗi bản sao"}])
    report = _validate(guides_root, today)
    assert report.ok
    assert [problem.field for problem in report.warnings] == ["fee[1]"]


def test_missing_folder_is_an_error(tmp_path: Path) -> None:
    assert not validate_tree(tmp_path / "nowhere").ok


def test_command_prints_places_and_fails_on_errors(write_guide: Callable[..., Path], guides_root: Path) -> None:
    path = write_guide(fee=[])
    command = [sys.executable, "-m", "knowledge_base.validator", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT_ROOT, check=False)
    assert done.returncode == 1
    assert "guides/ho_tich/1.001193.yml:" in done.stdout
    assert "fee:" in done.stdout


def test_shipped_guides_are_sound() -> None:
    report = validate_tree(known_codes=catalogue_codes(), undecided=undecided_codes())
    assert [str(problem) for problem in report.errors] == []


def test_published_schema_is_current() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == render(), "run `python -m knowledge_base.schema`"


def test_media_come_over_https_only(make_guide: Callable[..., Any]) -> None:
    for address in ("http://example.vn/nop", "javascript:alert(1)", "https://", "ftp://example.vn/x"):
        with pytest.raises(ValueError, match="url"):
            make_guide(media=[{**_VIDEO, "url": address}])


def test_several_cases_without_questions_are_a_warning(
    write_guide: Callable[..., Path], guides_root: Path, today: date
) -> None:
    write_guide(asks=None)
    report = _validate(guides_root, today)
    assert report.ok
    assert [problem.field for problem in report.warnings] == ["cases"]
