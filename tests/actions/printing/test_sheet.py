"""Sheets hold their Vietnamese text and a QR code that a reader can read."""

from __future__ import annotations

import io

import pypdf

from actions.printing import Sheet

TEXT = "Trích lục khai sinh – số 12/TL-UBND, 8.000 đồng, ngày 24/11/2026: ẵ ỡ ự Ộ đ Đ"


def test_vietnamese_text_can_be_read_back() -> None:
    sheet = Sheet("Phiếu kết quả")
    sheet.heading("Nội dung")
    sheet.line(TEXT)
    sheet.facts([("Thủ tục", "Đăng ký khai sinh"), ("Ghi chú", "dòng dài " * 60)])
    sheet.qr("https://example.org/verify/abc", caption="Kiểm tra tại đây")
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(sheet.done())).pages)
    joined = " ".join(text.split())
    assert TEXT in joined and "Đăng ký khai sinh" in joined and "Kiểm tra tại đây" in joined


def test_long_content_goes_on_to_further_pages() -> None:
    sheet = Sheet("Phiếu", size="A5")
    sheet.facts((f"Mục {number}", "giá trị") for number in range(80))
    sheet.qr("https://example.org/verify/abc")
    assert len(pypdf.PdfReader(io.BytesIO(sheet.done())).pages) > 1
