from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from common.database import Database
from knowledge_base.export import export_yaml
from knowledge_base.model import Guide
from knowledge_base.store import KnowledgeBase

GuideMaker = Callable[..., Guide]


def guide_data(code: str = "1.001193", **changes: Any) -> dict[str, Any]:
    """A guide that passes every rule; `changes` replace fields, None removes one."""
    data: dict[str, Any] = {
        "code": code,
        "name": f"Đăng ký việc thử {code}",
        "field": "Hộ tịch",
        "levels": ["commune"],
        "agency": "Ủy ban nhân dân cấp xã",
        "summary": "Ghi nhận việc thử.",
        "cases": [
            {"id": "on_time", "label": "Đúng hạn", "when": "Khi đến trong 60 ngày."},
            {"id": "late", "label": "Quá hạn", "when": "Khi đến sau 60 ngày."},
        ],
        "asks": [{"question": "Anh/chị đến trong hay sau 60 ngày ạ?", "cases": ["on_time", "late"]}],
        "documents": [
            {"name": "Tờ khai", "kind": "form"},
            {"name": "Giấy giải trình", "kind": "original", "when": "late"},
        ],
        "fee": [{"amount": 0, "when": "on_time"}, {"amount": 8000, "when": "late"}],
        "time": [{"amount": 1, "unit": "working_day"}],
        "channels": ["direct", "online"],
        "online_level": "full",
        "places": ["Trung tâm phục vụ hành chính công cấp xã"],
        "steps": ["Nộp hồ sơ.", "Nhận kết quả."],
        "result": ["Giấy chứng nhận"],
        "legal_basis": [{"number": "60/2014/QH13", "issued": "2014-11-20"}],
        "questions": [f"câu hỏi số {number} của {code}" for number in range(8)],
        "decision_no": "1/QĐ-BTP",
        "checked_on": "2026-07-01",
        "sources": [{"title": "Cổng Dịch vụ công quốc gia", "url": "https://dichvucong.gov.vn/x"}],
    }
    data.update(changes)
    return {key: value for key, value in data.items() if value is not None}


@pytest.fixture
def make_guide() -> GuideMaker:
    return lambda code="1.001193", **changes: Guide.model_validate(guide_data(code, **changes))


@pytest.fixture
def guides_root(tmp_path: Path) -> Path:
    """An empty `guides` folder with one field."""
    root = tmp_path / "guides"
    (root / "ho_tich").mkdir(parents=True)
    return root


@pytest.fixture
def write_guide(guides_root: Path, make_guide: GuideMaker) -> Callable[..., Path]:
    """Writes a guide file; `text` replaces what the guide would be written as."""

    def write(code: str = "1.001193", text: str | bytes | None = None, **changes: Any) -> Path:
        path = guides_root / "ho_tich" / f"{code}.yml"
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text if text is not None else export_yaml(make_guide(code, **changes)), encoding="utf-8")
        return path

    return write


@pytest.fixture
def kb(database: Database) -> KnowledgeBase:
    return KnowledgeBase(database)


@pytest.fixture
def today() -> date:
    return date(2026, 7, 15)
