"""The diacritics restorer: what it restores, what it must leave, what the model file may hold."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.text import DiacriticsRestorer, restore_diacritics, strip_diacritics
from indexer.text.corpus import phrasing_passages
from indexer.text.restore import DEFAULT_MODEL
from indexer.text.train_restorer import Passage, main, train


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("dang ky khai sinh cho con", "đăng ký khai sinh cho con"),
        ("Giay phep xay dung nha o", "Giấy phép xây dựng nhà ở"),
        ("xac nhan tinh trang hon nhan", "xác nhận tình trạng hôn nhân"),
        ("DANG KY KET HON", "ĐĂNG KÝ KẾT HÔN"),
        ("đăng ky kết hon", "đăng ký kết hôn"),
        ("tra cuu ho so H49-260101-0001", "tra cứu hồ sơ H49-260101-0001"),
        ("vk", "vk"),
        ("", ""),
    ],
)
def test_restores(typed: str, expected: str) -> None:
    assert restore_diacritics(typed) == expected


def test_fully_marked_text_stays() -> None:
    text = "Con tôi sinh ở nhà thì làm giấy khai sinh như thế nào?"
    assert restore_diacritics(text) == text


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), st.text(alphabet="abcdeghiklmnoprstuvxy ăâđêôơưáạ.,?1 ABDOU", max_size=60)))
def test_only_marks_change(text: str) -> None:
    restored = restore_diacritics(text)
    assert len(restored) == len(text)
    assert strip_diacritics(restored).lower() == strip_diacritics(text).lower()


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ăâđêôơưáạếộ ", max_size=40))
def test_marked_syllables_are_fixed(text: str) -> None:
    assert restore_diacritics(text) == text


def test_long_text_is_cut_not_refused() -> None:
    text = "dang ky khai sinh " * 600
    assert restore_diacritics(text).startswith("đăng ký khai sinh đăng ký")


def test_shipped_model_is_compact() -> None:
    assert DEFAULT_MODEL.stat().st_size < 4_000_000


def test_what_one_document_alone_holds_is_not_kept(tmp_path: Path) -> None:
    shared = [Passage("đăng ký khai sinh cho con", f"d{n}") for n in range(3)]
    train([*shared, Passage("ông nguyễn quỳnh ở ngõ nhỏ", "only")], tmp_path / "m.npz", 1.0)
    with np.load(tmp_path / "m.npz") as file:
        words = file["words"].tobytes().decode().split("\n")
    assert "sinh" in words
    assert "quỳnh" not in words
    restorer = DiacriticsRestorer.load(tmp_path / "m.npz")
    assert restorer.restore("dang ky khai sinh") == "đăng ký khai sinh"


def test_another_format_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", format=np.array(99))
    with pytest.raises(ValueError, match="not a restorer model of format 1"):
        DiacriticsRestorer.load(tmp_path / "x.npz")


def test_empty_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no sentence"):
        train([], tmp_path / "m.npz")


def test_command_trains_a_model(tmp_path: Path) -> None:
    questions = tmp_path / "q.jsonl"
    rows = [json.dumps({"question": "Cấp lại giấy phép ở đâu?"}, ensure_ascii=False)] * 2
    questions.write_text("\n".join(rows), encoding="utf-8")
    none = tmp_path / "none"  # without the phrasings, which take half a minute
    assert main(["--questions", str(questions), "--phrasings", str(none), "--out", str(tmp_path / "m.npz")]) == 0
    assert DiacriticsRestorer.load(tmp_path / "m.npz").restore("cap lai giay phep") == "cấp lại giấy phép"


def test_command_names_a_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--questions", str(tmp_path / "none.jsonl")])
    assert "no such file" in capsys.readouterr().err


def test_phrasings_without_diacritics_teach_nothing() -> None:
    texts = [passage.text for passage in itertools.islice(phrasing_passages(), 60)]
    assert len(texts) == 60
    assert not any(text.isascii() for text in texts)
