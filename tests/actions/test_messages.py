"""The catalogue: every message renders, and what is missing is an error."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, meta

from actions.messages import (
    CATALOGUE_DIR,
    MessageError,
    Messages,
    day,
    duration,
    lower_first,
    procedure,
    sentences,
    vnd,
)
from common.language import speaking
from knowledge_base.model import Time
from tests.actions.guide import guide

DOCUMENT = {"name": "Đơn", "note": "Theo mẫu. Tải về.", "copies_text": "1 bản"}
SAMPLES: dict[str, Any] = {
    "guide": guide(), "case": guide().cases[0], "labels": ["Trẻ em"],
    "cases": [{"label": "Trẻ em", "names": ["Giấy A", "Giấy B"]}], "documents": [DOCUMENT],
    "laws": guide().legal_basis,
    "groups": [{"label": "Trẻ em", "documents": [DOCUMENT]}], "titles": ["Một", "Hai"],
    "items": ["8.000 đồng", "Miễn phí"], "count": 2, "open": False, "opens_at": date(2026, 11, 24), "online": True,
    "level": "full", "units": ["phường Hà Tu"], "low": "8.000 đồng", "high": "9.000 đồng",
}  # fmt: skip
LISTS = {"places", "steps", "conditions", "results", "texts", "lines"}


def values(key: str, raw: str) -> dict[str, Any]:
    environment = Environment()
    environment.filters |= {"lower_first": lower_first, "procedure": procedure, "sentences": sentences}
    wanted = meta.find_undeclared_variables(environment.parse(raw))
    return {name: SAMPLES.get(name, ["một", "hai"] if name in LISTS else f"<{name}>") for name in wanted}


@cache
def raw_messages() -> dict[str, str]:
    import yaml

    def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, str]:
        found: dict[str, str] = {}
        for key, value in tree.items():
            found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
        return found

    return flat(yaml.safe_load((CATALOGUE_DIR / "vi.yml").read_text("utf-8")))


@pytest.mark.parametrize("key", sorted(raw_messages()))
def test_every_message_renders(key: str) -> None:
    text = Messages.load().render(key, **values(key, raw_messages()[key]))
    assert text and "{" not in text and "!" not in text
    assert "\n\n\n" not in text and not text.startswith(" ")


STAFF_READ = {"handoff.need_procedure", "handoff.need_unknown"}
SAME_IN_BOTH = {"clarify.facet", "line.fee_item", "line.time_item", "hours.text"}


def test_every_sentence_for_citizens_has_an_english_twin() -> None:
    english = set(Messages.load(CATALOGUE_DIR / "en.yml").keys())
    assert set(raw_messages()) - english == STAFF_READ | SAME_IN_BOTH
    assert english <= set(raw_messages())


@pytest.mark.parametrize("key", sorted(set(raw_messages()) - STAFF_READ - SAME_IN_BOTH))
def test_every_english_message_renders_with_the_same_values(key: str) -> None:
    with speaking("en"):
        text = Messages.load().render(key, **values(key, raw_messages()[key]))
    assert text and "{" not in text and "!" not in text and "\n\n\n" not in text
    assert "Dạ" not in text and "anh/chị" not in text


def test_english_without_vietnamese_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "words.yml").write_text("a: một\n")
    (tmp_path / "words.en.yml").write_text("a: one\nb: two\n")
    with pytest.raises(MessageError, match="English without Vietnamese: b"):
        Messages.load(tmp_path / "words.yml")


def test_values_in_english() -> None:
    with speaking("fr"):
        assert vnd(1250000) == "1,250,000 VND" and day("2026-11-24") == "24 November 2026"
        assert duration(Time(amount=1, unit="day")) == "1 day"
        assert duration(Time(amount=0.5, unit="working_day")) == "0.5 working days"
    assert vnd(8000) == "8.000 đồng"


def test_a_missing_key_or_value_is_an_error() -> None:
    messages = Messages.load()
    with pytest.raises(MessageError, match=r"No message 'answer\.nothing'"):
        messages.render("answer.nothing")
    with pytest.raises(MessageError, match=r"'catalogue\.fee' lacks a value: 'value' is undefined"):
        messages.render("catalogue.fee")


def test_a_broken_or_repeated_message_is_named(tmp_path: Path) -> None:
    broken, first, again = tmp_path / "broken.yml", tmp_path / "first.yml", tmp_path / "again.yml"
    broken.write_text("a:\n  b: '{{ x'\n")
    first.write_text("a: một\n")
    again.write_text("a: hai\n")
    with pytest.raises(MessageError, match=r"broken\.yml: a\.b:"):
        Messages.load(broken)
    with pytest.raises(MessageError, match=r"again\.yml: the key a occurs twice"):
        Messages.load(first, again)
    first.write_text("a: [1]\n")
    with pytest.raises(MessageError, match="must be text, not list"):
        Messages.load(first)


def test_a_value_cannot_run_code(tmp_path: Path) -> None:
    evil = tmp_path / "evil.yml"
    evil.write_text('a: "{{ x.__class__.__mro__ }}"\n')
    with pytest.raises(Exception, match=r"unsafe|lacks a value"):
        Messages.load(evil).render("a", x="text")


@pytest.mark.parametrize(("amount", "text"), [(0, "0 đồng"), (8000, "8.000 đồng"), (1250000, "1.250.000 đồng")])
def test_amounts(amount: int, text: str) -> None:
    assert vnd(amount) == text


def test_dates_and_durations() -> None:
    assert day(date(2026, 11, 24)) == "24/11/2026" == day("2026-11-24")
    assert day(datetime(2026, 11, 23, 20, 0, tzinfo=UTC)) == "24/11/2026"
    assert duration(Time(amount=3, unit="working_day")) == "3 ngày làm việc"
    assert duration(Time(amount=0.5, unit="day")) == "0,5 ngày"


def test_notes_are_cut_between_sentences_and_keep_the_first() -> None:
    note = "Phải nộp; không có thì xem trường hợp khác, v.v. và hỏi thêm. Theo Nghị định 12.000 đồng. Hết."
    assert sentences(note, 500) == note
    assert sentences(note, 10) == "Phải nộp; không có thì xem trường hợp khác, v.v. và hỏi thêm."
    assert sentences(note, 92) == note.removesuffix(" Hết.")


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("Thẻ BHYT mất", "thẻ BHYT mất"),
        ("Đăng ký theo danh sách", "đăng ký theo danh sách"),
        ("BHYT hộ gia đình", "BHYT hộ gia đình"),
        ("VNeID mức 2", "VNeID mức 2"),
        ("Hạ Long cũ", "Hạ Long cũ"),
        ("", ""),
    ],
)
def test_only_the_first_letter_becomes_small_and_not_that_of_a_name(text: str, inside: str) -> None:
    assert lower_first(text) == inside


def test_the_word_procedure_is_said_once() -> None:
    assert procedure("Thủ tục đăng ký khai sinh") == 'thủ tục "Đăng ký khai sinh"'
    assert procedure("THỦ TỤC cấp lại") == 'thủ tục "Cấp lại"'
    assert procedure("Đăng ký tạm trú") == 'thủ tục "Đăng ký tạm trú"'


def test_a_key_written_twice_in_one_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.yml").write_text("a:\n  b: một\n  c: hai\n  b: ba\n", "utf-8")
    with pytest.raises(MessageError, match=r"m\.yml:4: the key b occurs twice"):
        Messages.load(tmp_path / "m.yml")
