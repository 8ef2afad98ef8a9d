from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.errors import InvalidInput
from knowledge_base.importer import import_catalogue, read_catalogue
from knowledge_base.model import Origin
from knowledge_base.official import official_guide
from knowledge_base.store import KnowledgeBase
from tests.knowledge_base.official import official_row


def _write(path: Path, rows: list[Any]) -> Path:
    lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_fifty_rows_come_in_once_and_stay(tmp_path: Path, kb: KnowledgeBase) -> None:
    file = _write(tmp_path / "catalogue.jsonl", [official_row(number) for number in range(50)])
    seen: list[tuple[int, int]] = []
    report = import_catalogue(file, kb, lambda done, total: seen.append((done, total)))
    assert (len(report.accepted), report.unchanged, report.rejected) == (50, [], [])
    assert seen[-1] == (file.stat().st_size, file.stat().st_size)
    revision = kb.revision()

    again = import_catalogue(file, kb)
    assert (again.accepted, len(again.unchanged), kb.revision()) == ([], 50, revision)

    rows = [official_row(number) for number in range(50)]
    rows[7]["agency"] = "Sở Khác"
    changed = import_catalogue(_write(file, rows), kb)
    assert changed.accepted == ["1.000007"]
    found = kb.get("1.000007")
    assert found is not None
    assert (found.version, found.guide.agency) == (2, "Sở Khác")


def test_a_row_keeps_the_portals_words() -> None:
    guide = official_guide(official_row(steps="Nộp rồi\n  nhận kết quả.", conditions="Đủ 18 tuổi.<br>Có sức khỏe."))
    assert guide.steps == ["Nộp rồi\n  nhận kết quả."]
    assert [(time.amount, time.unit) for time in guide.time] == [(5, "working_day")]
    assert [(fee.amount, fee.verbatim) for fee in guide.fee] == [(None, "Miễn phí")]
    assert guide.fee[0].note
    assert [(item.kind, item.copies, item.note) for item in guide.documents] == [
        ("original", 1, "Giấy tờ phải nộp:"), ("copy", 2, None), ("original", 1, "Bản chính: 1 - Bản sao: 1"),
    ]
    assert [(basis.number, basis.title) for basis in guide.legal_basis] == [
        ("1/2025/QH15", "Luật Thử nghiệm"), ("Nghị định", None),
    ]
    assert guide.conditions == ["Đủ 18 tuổi.\nCó sức khỏe."]


@pytest.mark.parametrize("text", ["Miễn phí", "Miễn phí (Theo quy định)", "Phí : 0 Đồng", "Lệ phí : Không Đồng"])
@pytest.mark.parametrize("status", ["zero_shown", "zero_shown_with_note", "amount_listed"])
def test_a_shown_zero_never_becomes_free(text: str, status: str) -> None:
    guide = official_guide(official_row(fee=[text], fee_status=status))
    assert [fee.amount for fee in guide.fee] == [None]
    assert guide.fee[0].verbatim == text


def test_amounts_are_taken_only_where_exact() -> None:
    def amounts(*texts: str) -> list[int | None]:
        return [fee.amount for fee in official_guide(official_row(fee=list(texts))).fee]

    assert amounts("500,000 Việt Nam Đồng") == [500_000]
    assert amounts("30,000 Việt Nam Đồng", "300,000 Việt Nam Đồng") == [None, None]
    assert amounts("Miễn phí", "70,000 Việt Nam Đồng") == [None, None]
    assert amounts("10 USD") == [None]


def test_differing_times_stay_verbatim() -> None:
    methods = [
        {"channel": "Trực tiếp", "time": "5 Ngày", "fee": "", "note": ""},
        {"channel": "Trực tuyến", "time": "3 Ngày", "fee": "", "note": "Khi đủ hồ sơ"},
    ]
    guide = official_guide(official_row(methods=methods, time=["5 Ngày", "3 Ngày"]))
    assert [(time.amount, time.verbatim) for time in guide.time] == [
        (None, "Trực tiếp: 5 Ngày"), (None, "Trực tuyến: 3 Ngày. Khi đủ hồ sơ"),
    ]


def test_a_note_with_another_duration_unsettles_the_time() -> None:
    methods = [{"channel": "Trực tiếp", "time": "5 Ngày", "fee": "", "note": "Phức tạp: 15 ngày"}]
    assert official_guide(official_row(methods=methods, time=["5 Ngày"])).time[0].amount is None


REJECTED: list[tuple[Any, str, str]] = [
    ('{"code": "1.000001"', "", "JSON sai"),
    ("[1, 2]", "", "đối tượng"),
    ("null", "", "đối tượng"),
    ("[" * 100_000, "", "lồng quá sâu"),
    ({**official_row(1), "code": ""}, "", "mã thủ tục"),
    ({**official_row(1), "code": "abc"}, "abc", "mã thủ tục"),
    ({key: value for key, value in official_row(1).items() if key != "code"}, "", "code: thiếu"),
    ({key: value for key, value in official_row(1).items() if key != "name"}, "1.000001", "name: thiếu"),
    ({**official_row(1), "name": "   "}, "1.000001", "name"),
    ({**official_row(1), "name": "x" * 5000}, "1.000001", "name: dài"),
    ({**official_row(1), "name": 7}, "1.000001", "name: phải là chữ"),
    ({**official_row(1), "steps": ["a"]}, "1.000001", "steps: phải là chữ"),
    ({**official_row(1), "documents": {"a": 1}}, "1.000001", "documents: phải là danh sách"),
    ({**official_row(1), "documents": ["Đơn"]}, "1.000001", "documents.0"),
    ({**official_row(1), "documents": [{"name": "a"}] * 5000}, "1.000001", "documents: quá nhiều"),
    ({**official_row(1), "steps": "x" * 500_000}, "1.000001", "dài hơn"),
    ({**official_row(1), "steps": "a\x00b"}, "1.000001", "ký tự hỏng"),
    (json.dumps(official_row(1)).replace('"steps": "', '"steps": "\\ud800'), "1.000001", "ký tự hỏng"),
]


@pytest.mark.parametrize(("row", "code", "said"), REJECTED, ids=[said for _, _, said in REJECTED])
def test_each_bad_row_is_rejected_by_line_and_the_rest_loaded(
    row: Any, code: str, said: str, tmp_path: Path, kb: KnowledgeBase
) -> None:
    file = _write(tmp_path / "c.jsonl", [official_row(10), "", row, official_row(11)])
    report = import_catalogue(file, kb)
    assert report.accepted == ["1.000010", "1.000011"]
    [rejected] = report.rejected
    assert (rejected.line, rejected.code) == (3, code)
    assert said in rejected.reason


def test_a_code_counts_once_in_a_file(tmp_path: Path, kb: KnowledgeBase) -> None:
    report = import_catalogue(_write(tmp_path / "c.jsonl", [official_row(1), official_row(1, name="Khác")]), kb)
    assert report.accepted == ["1.000001"]
    assert report.rejected[0].line == 2
    assert "dòng 1" in report.rejected[0].reason


def test_bytes_and_endless_lines_are_rejected(tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    good = json.dumps(official_row(1)).encode()
    other = good.replace(b"000001", b"000002")
    file.write_bytes(b"\n".join([b"\xef\xbb\xbf" + good, b"\xff\xfe", b"x" * 5_000_000, other]))
    guides, rejected = read_catalogue(file)
    assert [guide.code for guide in guides] == ["1.000001", "1.000002"]
    assert [item.line for item in rejected] == [2, 3]


def test_a_missing_file_is_said_plainly(tmp_path: Path, kb: KnowledgeBase) -> None:
    with pytest.raises(InvalidInput, match="không đọc được tệp"):
        import_catalogue(tmp_path / "nowhere.jsonl", kb)
    with pytest.raises(InvalidInput, match="không đọc được tệp"):
        import_catalogue(tmp_path, kb)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.text(max_size=8), child, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(official_row())), _JSON, max_size=4))
def test_no_mutated_row_raises_anything_but_a_reason(changes: dict[str, Any]) -> None:
    try:
        guide = official_guide({**official_row(), **changes})
    except InvalidInput as error:
        assert error.detail
    else:
        assert all(fee.amount is None or fee.amount > 0 for fee in guide.fee)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=5))
def test_no_file_raises(tmp_path: Path, lines: list[bytes]) -> None:
    file = tmp_path / "wild.jsonl"
    file.write_bytes(b"\n".join([json.dumps(official_row(5)).encode(), *lines]))
    guides, rejected = read_catalogue(file)
    assert [guide.code for guide in guides] == ["1.000005"]
    assert all(item.reason for item in rejected)


def test_imported_wins_over_catalogue_and_curated_over_imported(
    tmp_path: Path, kb: KnowledgeBase, make_guide: Any
) -> None:
    code = "1.000001"
    kb.publish(make_guide(code, name="Dữ kiện"), Origin.CATALOGUE, author="a", reason="r")
    import_catalogue(_write(tmp_path / "c.jsonl", [official_row(1)]), kb)
    found = kb.get(code)
    assert found is not None
    assert (found.origin, found.version) == (Origin.IMPORTED, 2)
    kb.publish(make_guide(code, name="Biên soạn"), Origin.CURATED, author="a", reason="r")
    found = kb.get(code)
    assert found is not None
    assert (found.origin, found.version) == (Origin.CURATED, 3)
