"""A curator's inbox in the browser: a question left open becomes a phrasing, is answered from then on, and is told."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.e2e.chat_page import ChatPage
from tests.e2e.citizen import Citizen
from tests.e2e.officer import Officer
from tests.e2e.service import Service

# Nobody says so; what it means is known to every reader.
QUESTION = "cụ nhà em vừa đi chợ suối vàng, cần trình cái giấy gì"
LIKE_IT = "cụ nhà em vừa đi chợ suối vàng, thì cần trình giấy gì ạ"
DEATH = "1.000656"
NOT_KNOWN = "chưa tìm được thủ tục"


def test_a_question_left_open_becomes_a_phrasing_and_is_told(service: Service, browser: Browser) -> None:
    curator = Officer(browser, service, "cuc.hoi", role="curator").page
    with ChatPage(browser, service.url, viewport=ViewportSize(width=390, height=844)) as waiting:
        assert NOT_KNOWN in waiting.says(QUESTION)
        assert "90 ngày" in waiting.presses("Báo lại khi có câu trả lời")
        waiting.presses("Đồng ý")
        assert Citizen(service.url).says(LIKE_IT).status == "abstained"

        opens_group(curator, service)
        expect(curator.get_by_text(re.compile(r"^\d+ người dân"))).to_be_visible()
        curator.get_by_label("Giao cho").select_option("cuc.hoi")
        curator.get_by_role("button", name="Giao", exact=True).click()
        expect(curator.locator("dt:has-text('Người xử lý') + dd")).to_have_text("cuc.hoi")

        curator.get_by_role("link", name="Thêm thành cách hỏi").click()
        curator.get_by_label("Tìm hướng dẫn").fill("đăng ký khai tử")
        curator.get_by_role("button", name="Tìm", exact=True).click()
        curator.locator(f"a[href$='phrasing?code={DEATH}']").click()
        curator.get_by_label("Cách hỏi").fill(QUESTION)
        curator.get_by_role("button", name="Xem tác động").click()
        fixed = curator.locator("table", has=curator.locator("caption", has_text="Sẽ được trả lời"))
        expect(fixed).to_contain_text(QUESTION, timeout=60_000)
        expect(curator.get_by_text(re.compile(r"\d+ câu chuẩn của hướng dẫn này"))).to_contain_text("0 câu thành sai")
        expect(curator.get_by_text(re.compile(r"\d+ người chờ báo lại sẽ nhận câu trả lời"))).to_be_visible()
        curator.get_by_label("Lý do").fill("Người lớn tuổi trong phường nói như vậy")
        curator.get_by_role("button", name="Công bố cách hỏi").click()
        expect(curator.get_by_text("Đã xử lý: thêm cách hỏi")).to_be_visible(timeout=60_000)

        assert answered(service) == DEATH
        told = waiting.hears("khai tử")
        assert "chưa có câu trả lời" not in told
        assert QUESTION in waiting.page.locator("main").inner_text()


def opens_group(page: Page, service: Service) -> None:
    """The one group with what both citizens asked; the inbox gathers by itself, within seconds."""
    row = page.locator("table tbody tr", has_text="suối vàng")
    asked = page.locator("td.asked")
    until = time.monotonic() + 60
    while asked.count() < 2:
        assert time.monotonic() < until, page.locator("main").inner_text()
        page.goto(f"{service.url}/console/unanswered?q=suoi+vang")
        if row.count() == 1:
            row.get_by_role("link").first.click()
            expect(page.locator("td.asked").first).to_be_visible()


def answered(service: Service) -> str:
    """The procedure that a new citizen is answered with; found by words once its index is built, within seconds."""
    until = time.monotonic() + 60
    while True:
        turn = Citizen(service.url).says(QUESTION)
        if turn.status == "answered" or time.monotonic() > until:
            assert turn.answer, turn.text
            return str(turn.answer["procedure"]["code"])
        time.sleep(0.5)
