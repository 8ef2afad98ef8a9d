"""Rows in the shape of an official catalogue, made for tests."""

from __future__ import annotations

from typing import Any


def official_row(number: int = 1, **changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "code": f"1.{number:06d}",
        "name": f"Cấp giấy phép thử nghiệm số {number}",
        "field": "Hộ tịch" if number % 2 else "Đất đai",
        "promulgator": "Bộ Thử nghiệm",
        "levels": ["Cấp tỉnh", "Cấp Xã"],
        "decision_no": f"{number}/QĐ-BTN",
        "type": "",
        "subjects": ["Công dân Việt Nam"],
        "agency": "Sở Thử nghiệm",
        "competent_agency": "",
        "receiving_address": "",
        "coordinating_agency": "",
        "steps": "Bước 1: Nộp hồ sơ.\nBước 2: Nhận kết quả.",
        "methods": [
            {"channel": "Trực tiếp", "time": "5 Ngày làm việc", "fee": "Miễn phí", "note": ""},
            {"channel": "Trực tuyến", "time": "05 ngày làm việc", "fee": "Miễn phí", "note": ""},
        ],
        "methods_text": "",
        "time": ["5 Ngày làm việc", "05 ngày làm việc"],
        "fee": ["Miễn phí"],
        "fee_status": "zero_shown",
        "documents": [
            {"group": "Giấy tờ phải nộp:", "name": "Đơn đề nghị", "originals": "1", "copies": "0", "form": "Mau1.docx"},
            {"group": "", "name": "Giấy chứng nhận", "originals": "0", "copies": "2", "form": ""},
            {"group": "", "name": "Sổ", "originals": "1", "copies": "1", "form": ""},
        ],
        "documents_text": "",
        "forms": ["Mau1.docx"],
        "conditions": "Đủ 18 tuổi.",
        "results": ["Giấy phép"],
        "legal_basis": [{"name": "Luật Thử nghiệm", "number": "1/2025/QH15"}, {"name": "Nghị định", "number": ""}],
        "legal_basis_text": "",
        "related": "",
        "description": "",
        "url": f"https://dichvucong.gov.vn/thu-tuc-hanh-chinh/{number}",
        "province_specific": "",
        "life_events": ["hoc_tap"],
        "same_name_codes": [],
    }
    return {**row, **changes}
