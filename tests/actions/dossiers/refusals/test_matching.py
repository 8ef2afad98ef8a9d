"""Points of notices and what they are matched to, measured on notices of which one half was held out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.dossiers.refusals.matching import Match, Matcher
from actions.dossiers.refusals.notice import is_notice, points, redacted
from tests.actions.support import shipped_guides

NOTICES: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("notices.yml").read_text(encoding="utf-8"))
GUIDES = {guide.code: guide for guide in shipped_guides()}
MATCHER = Matcher(GUIDES.values())


def _figures(part: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    for notice in NOTICES[part::2]:
        found = MATCHER.all(points(notice["text"]), GUIDES[notice["procedure"]])
        for match, wanted in zip(found, notice["points"], strict=True):
            if match.found:
                counts["right" if _right(match, wanted) else "wrong"] += 1
            else:
                counts["left alone" if "none" in wanted else "missed"] += 1
    return counts


def _right(match: Match, wanted: dict[str, str]) -> bool:
    if match.document:
        return "doc" in wanted and match.document.name.startswith(wanted["doc"])
    return "condition" in wanted and match.condition.startswith(wanted["condition"])


def test_the_notices_are_well_labelled() -> None:
    assert len(NOTICES) >= 40
    for notice in NOTICES:
        guide = GUIDES[notice["procedure"]]
        for point in notice["points"]:
            named = [document.name for document in guide.documents] if "doc" in point else guide.conditions
            wanted = point.get("doc") or point.get("condition")
            assert "none" in point or any(text.startswith(wanted) for text in named), (notice["procedure"], wanted)


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: notice["procedure"])
def test_a_notice_is_recognised_and_taken_apart(notice: dict[str, Any]) -> None:
    assert is_notice(notice["text"])
    found = points(notice["text"])
    assert len(found) == len(notice["points"])
    for point, wanted in zip(found, notice["points"], strict=True):
        assert wanted["has"].lower() in point.text.lower()


@pytest.mark.parametrize(("part", "precision", "recall"), [(0, 0.98, 0.9), (1, 0.92, 0.75)])
def test_precision_and_recall(part: int, precision: float, recall: float) -> None:
    counts = _figures(part)
    assert counts["right"] / (counts["right"] + counts["wrong"]) >= precision, counts
    wanted = sum("none" not in point for notice in NOTICES[part::2] for point in notice["points"])
    assert counts["right"] / wanted >= recall, counts


@pytest.mark.parametrize(("text", "kind"), [
    ("giấy chứng sinh bị mờ", "unreadable"), ("tờ khai chưa ký", "unsigned"), ("căn cước đã hết hạn", "expired"),
    ("văn bản ủy quyền chưa chứng thực", "uncertified"), ("tờ khai không đúng mẫu", "wrong_form"),
    ("đơn bỏ trống phần địa chỉ", "incomplete"), ("ngày sinh ghi sai", "mismatch"),
    ("thiếu giấy chứng sinh", "missing"),    ("thieu giay chung sinh", "missing"), ("THIẾU GIẤY CHỨNG SINH", "missing"),
])
def test_the_kind_of_defect(text: str, kind: str) -> None:
    assert [point.defect for point in points(text)] == [kind]


def test_questions_are_no_notices() -> None:
    for guide in GUIDES.values():
        for question in guide.questions:
            assert not is_notice(question), question


@pytest.mark.parametrize("text", [
    "em muốn hỏi thủ tục đăng ký khai sinh cho con mới đẻ ở bệnh viện sản nhi thì cần những giấy tờ gì và nộp ở đâu ạ",
    "tôi ở Hạ Long, muốn xin giấy phép xây nhà 3 tầng trên đất của bố mẹ, sổ đỏ đứng tên bố, vậy tôi phải làm gì trước",
    "cảm ơn em nhiều nhé, hôm nay chị đã nộp xong hồ sơ và được cán bộ hướng dẫn rất tận tình, chúc em một ngày vui vẻ",
])
def test_long_talk_is_no_notice(text: str) -> None:
    assert not is_notice(text)


def test_names_and_numbers_go_out() -> None:
    text = redacted(
        "Kính gửi: Bà Nguyễn Thị Lan, số định danh 022190001234, điện thoại 0912345678\n"
        "Hồ sơ của ông Trần Văn Bình và cháu Minh An còn thiếu giấy chứng sinh, nộp tại Trung tâm Hạ Long.")
    for secret in ("Nguyễn Thị Lan", "Lan", "022190001234", "0912345678", "Trần Văn Bình", "Minh An"):
        assert secret not in text
    assert "giấy chứng sinh" in text and "Hạ Long" in text and "Bà N" in text


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=300))
def test_wild_text_does_no_harm(text: str) -> None:
    found = points(text)
    assert len(found) <= 15 and isinstance(is_notice(text), bool) and isinstance(redacted(text), str)
    MATCHER.all(found, GUIDES["1.001193"])
