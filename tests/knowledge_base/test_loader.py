from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import InvalidGuide
from knowledge_base.loader import MAX_BYTES, load_guide, load_tree, parse_guide

BROKEN = [
    ("", "tệp trống", 1),
    ("# chỉ có chú thích\n", "tệp trống", 1),
    ("- một\n- hai\n", "ngoài cùng", 1),
    ("~", "ngoài cùng", 1),
    ("code: 1.001193\nname: [a\n", "sai cú pháp", 2),
    ("code: 1.001193\n\tname: x\n", "sai cú pháp", 2),
    ("code: 1\n---\ncode: 2\n", "sai cú pháp", 2),
    ("steps: *khong_co\n", "sai cú pháp", 1),
    ("name: a\x00b\n", "ký tự điều khiển", 1),
    (b"code: 1\nname: \xff\xfe\n", "UTF-8", 2),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "UTF-8", 1),
    ("a: " + "[" * 5000, "không đọc được YAML", 1),
    (b"x" * (MAX_BYTES + 1), "lớn hơn", 1),
]


@pytest.mark.parametrize(("text", "said", "line"), BROKEN, ids=[said for _, said, _ in BROKEN])
def test_broken_yaml_is_one_clear_problem(text: str | bytes, said: str, line: int) -> None:
    file = parse_guide(text, "guides/x/1.yml")
    assert file.guide is None
    [problem] = file.errors
    assert said in problem.detail
    assert (problem.file, problem.line) == ("guides/x/1.yml", line)


def test_every_problem_is_told_with_its_line_and_field() -> None:
    text = """\
code: 1.001190
name: Đăng ký
field: [Hộ tịch]
fee:
  - amount: 8.000
  - amount: tám nghìn
    for: ai
documents:
  - name: Tờ khai
    kind: fax
checked_on: 01/07/2026
code: 1.001191
colour: đỏ
"""
    found = {(problem.line, problem.field) for problem in parse_guide(text).errors}
    assert found == {
        (3, "field"), (5, "fee[0].amount"), (6, "fee[1].amount"), (7, "fee[1].for"), (10, "documents[0].kind"),
        (11, "checked_on"), (12, "code"), (13, "colour"),
    }


@pytest.mark.parametrize("text", ["steps: &a [x]\n", "name: !!python/object:os.system x\n", "name: !own {a: b}\n"])
def test_anchors_and_tags_are_refused(text: str) -> None:
    assert parse_guide(text).errors[0].line == 1
    assert "không dùng" in " ".join(problem.detail for problem in parse_guide(text).errors) or "!!python" in text


def test_scalars_are_read_as_written() -> None:
    file = parse_guide("code: 1.001190\nname: 2025\nfield: yes\nfee:\n  - amount: 8000\n    note: no\n")
    assert file.errors == []
    assert file.guide is not None
    assert (file.guide.code, file.guide.name, file.guide.field) == ("1.001190", "2025", "yes")
    assert (file.guide.fee[0].amount, file.guide.fee[0].note) == (8000, "no")


def test_unreadable_file_is_a_problem_not_a_traceback(tmp_path: Path) -> None:
    assert "không đọc được tệp" in load_guide(tmp_path / "nowhere.yml").errors[0].detail
    (tmp_path / "guides").mkdir()
    (tmp_path / "guides" / "folder.yml").mkdir()
    assert load_tree(tmp_path / "guides") == []


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_nothing_that_is_written_raises(text: bytes | str) -> None:
    file = parse_guide(text)
    assert file.guide is not None or file.errors
    assert all(isinstance(problem, InvalidGuide) and problem.line >= 1 for problem in file.errors)
