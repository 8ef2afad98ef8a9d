"""Asides are cut from a question, and its words say which candidate explains it."""

from __future__ import annotations

import numpy as np
import pytest

from indexer.search.asides import without_circumstance, without_negated
from indexer.search.query import understand
from indexer.search.wording import ahead


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("đăng ký khai sinh cho con, không kèm nhận cha mẹ con", "đăng ký khai sinh cho con"),
        ("hỏi khóa căn cước thôi, đừng nhầm với mở khóa nha, hồ sơ gồm gì", "hỏi khóa căn cước thôi, hồ sơ gồm gì"),
        ("cấp lại thẻ chứ không phải cấp đổi thẻ", "cấp lại thẻ"),
        ("có mất tiền không", "có mất tiền không"),
        ("không kèm giấy gì", "không kèm giấy gì"),
        ("người dịch không phải là cộng tác viên", "người dịch không phải là cộng tác viên"),
    ],
)
def test_what_is_not_meant_is_cut(said: str, left: str) -> None:
    assert without_negated(said) == left


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("đóng bảo hiểm tự nguyện để sau này có lương hưu", "đóng bảo hiểm tự nguyện"),
        ("xóa tạm trú khi hết hạn hợp đồng thuê nhà", "xóa tạm trú"),
        ("thời hạn để sang tên xe", "thời hạn để sang tên xe"),
        ("làm sao để bổ sung tên cha", "làm sao để bổ sung tên cha"),
        ("để đi học cần gì", "để đi học cần gì"),
    ],
)
def test_purpose_and_occasion_leave_the_focus(said: str, left: str) -> None:
    assert without_circumstance(said) == left


def test_the_aside_stays_in_the_whole_question() -> None:
    query = understand("xoa tam tru khi het han hop dong thue nha")
    assert query.focus == "xóa tạm trú"
    assert "hợp đồng" in query.normalised


def test_ahead_compares_with_other_families_only() -> None:
    shares = np.array([0.75, 0.5, 0.25], dtype=np.float32)
    assert ahead(shares, ["a", "a", "b"]) == 0.5
    assert ahead(shares, ["a", "b", "b"]) == 0.25
    assert ahead(shares[:1], ["a"]) == 0.75
