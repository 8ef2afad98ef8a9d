"""A small made-up guide with every part, for exact assertions."""

from __future__ import annotations

from typing import Any

from knowledge_base.model import Guide

BASE: dict[str, Any] = {
    "code": "9.000001",
    "name": "Thủ tục cấp thẻ thư viện tỉnh",
    "short_names": ["cấp thẻ thư viện", "làm thẻ thư viện"],
    "field": "Thư viện",
    "levels": ["province"],
    "agency": "Thư viện tỉnh",
    "summary": "Cấp thẻ mượn sách cho người dân.",
    "cases": [
        {"id": "tre_em", "label": "Trẻ em", "when": "Người xin thẻ dưới 14 tuổi."},
        {"id": "nho_nguoi_khac", "label": "Nhờ người khác làm", "when": "Người xin thẻ không tự đến được."},
    ],
    "documents": [
        {"name": "Đơn xin cấp thẻ", "kind": "form", "note": "Theo mẫu TV1. Tải trên trang thư viện."},
        {"name": "Ảnh chân dung", "kind": "original", "copies": 2},
        {"name": "Giấy đồng ý của cha mẹ", "kind": "original", "when": "tre_em"},
        {"name": "Giấy ủy quyền", "kind": "certified", "when": "nho_nguoi_khac"},
    ],
    "fee": [
        {"amount": 20000, "note": "Thu một lần."},
        {"amount": 0, "when": "tre_em"},
    ],
    "time": [{"amount": 3, "unit": "working_day"}, {"amount": 0.5, "unit": "day", "when": "tre_em"}],
    "channels": ["direct", "online"],
    "online_level": "full",
    "places": ["Thư viện tỉnh", "Trung tâm Phục vụ hành chính công"],
    "steps": ["Nộp đơn.", "Nhận thẻ."],
    "conditions": [
        "Người dưới 14 tuổi phải có giấy đồng ý của cha mẹ.",
        "Phải làm thẻ trong 30 ngày kể từ ngày nộp đơn; quá 30 ngày thì nộp đơn mới.",
        "Thẻ bị mất thì làm lại, thay cho thẻ cũ.",
    ],
    "result": ["Thẻ thư viện"],
    "legal_basis": [{"number": "46/2019/QH14", "title": "Luật Thư viện", "issued": "2019-11-21"}],
    "questions": ["muốn mượn sách ở thư viện thì làm thẻ thế nào"],
    "e_form": "the_thu_vien",
    "decision_no": "12/QĐ-TV",
    "checked_on": "2026-11-20",
    "sources": [{"title": "Cổng dịch vụ công quốc gia", "url": "https://dichvucong.gov.vn/x"}],
}


def guide(**changes: Any) -> Guide:
    """The guide with parts replaced; None removes a part."""
    return Guide.model_validate({key: value for key, value in {**BASE, **changes}.items() if value is not None})
