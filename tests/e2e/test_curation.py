"""A curator's day in the browser: a fee is corrected, looked through by a colleague, published, told in the chat."""

from __future__ import annotations

import time

from playwright.sync_api import Browser, expect

from tests.e2e.citizen import Citizen
from tests.e2e.officer import Officer
from tests.e2e.service import Service

CODE = "2.001035"
QUESTION = "chứng thực hợp đồng mua bán nhà đất mất bao nhiêu tiền"


def told(citizen: Citizen) -> tuple[str, int]:
    """What a citizen is told of the fee, and by which version of the guide."""
    turn = citizen.says(QUESTION)
    assert turn.answer["procedure"]["code"] == CODE, turn.text
    return turn.text, int(turn.answer["guide_version"])


def test_a_fee_is_corrected_reviewed_published_and_told(service: Service, browser: Browser) -> None:
    text, before = told(Citizen(service.url))
    assert "50.000 đồng" in text
    lan, minh = (Officer(browser, service, name, role="curator") for name in ("lan.bt", "minh.bt"))
    page = lan.page
    page.goto(f"{service.url}/console/guides")
    page.get_by_label("Tìm", exact=True).fill("chung thuc giao dich dong san quyen su dung dat")
    page.get_by_role("button", name="Tìm").click()
    page.locator(f"a[href='/console/guides/{CODE}']").click()
    page.get_by_role("button", name="Sửa hướng dẫn").click()
    page.wait_for_load_state()  # what is typed before the page's script listens is checked only when it is left

    fee = page.locator("#fee-0")
    fee.get_by_label("Mức thu (đồng)").fill("năm mươi lăm nghìn")
    expect(page.locator("#m-fee-0-amount")).to_contain_text("phải là số nguyên")  # beside its field, by itself
    fee.get_by_label("Mức thu (đồng)").fill("55.000")
    expect(page.locator("#m-fee-0-amount")).to_be_empty()
    fee.get_by_label("Ghi chú").fill("Mỗi giao dịch. <b>Theo nghị quyết mới</b>.")
    page.get_by_role("button", name="Lưu và xem trước").click()
    expect(page.locator("#a-fee + p")).to_contain_text("55.000 đồng")
    expect(page.locator("#a-fee + p")).to_contain_text("<b>Theo nghị quyết mới</b>")
    page.get_by_role("link", name="Thay đổi và duyệt").click()
    page.get_by_label("Lời nhắn cho người duyệt").fill("Nhờ đối chiếu mức thu.")
    page.get_by_role("button", name="Gửi duyệt").click()
    expect(page.get_by_text("Đang chờ người khác duyệt")).to_be_visible()

    minh.page.goto(f"{service.url}/console/guides/{CODE}/review")
    expect(minh.page.locator("ins").first).to_contain_text("55.000")
    minh.page.get_by_role("button", name="Duyệt", exact=True).click()
    minh.page.get_by_label("Lý do công bố").fill("Mức thu theo nghị quyết mới")
    minh.page.get_by_role("button", name="Công bố").click()
    expect(minh.page.get_by_text("Đã công bố.")).to_be_visible(timeout=60_000)

    until = time.monotonic() + 90
    while True:
        text, version = told(Citizen(service.url))
        if version > before or time.monotonic() > until:
            break
        time.sleep(0.5)
    assert version > before and "55.000 đồng" in text and "50.000" not in text
