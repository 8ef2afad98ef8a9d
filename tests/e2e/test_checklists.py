"""The personal list in a real browser: asked for, ticked in the widget, gone on with on its page, printed."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.e2e.service import Service
from tests.e2e.widget import Widget


def test_a_list_is_made_ticked_and_taken_along(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url) as widget:
        widget.says("đăng ký khai sinh cần giấy tờ gì")
        expect(widget.presses("Danh sách cho trường hợp của tôi")).to_contain_text("đã đăng ký kết hôn chưa ạ?")
        expect(widget.presses("Cha mẹ đã đăng ký kết hôn").locator(".step")).to_contain_text("Mục 2/4")
        widget.says("có giấy chứng sinh ạ")
        widget.says("không")
        ready = widget.presses("Nhờ người khác đi làm")
        expect(ready.locator(".facts")).to_contain_text("Thời hạn")
        boxes = ready.locator("[data-tick]")
        with widget.page.expect_response(lambda response: "/ticks" in response.url):
            boxes.first.check()
        address = ready.locator(".choices a").get_attribute("href")
        assert address

        page = widget.context.new_page()
        page.goto(address)
        on_page = page.locator("[name=item]")
        expect(on_page).to_have_count(boxes.count())
        expect(on_page.first).to_be_checked()
        with page.expect_response(lambda response: response.request.method == "POST"):
            on_page.nth(1).check()
        expect(page.locator(".left")).to_contain_text(f"Còn {boxes.count() - 2} giấy tờ")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.reload()
        expect(on_page.nth(1)).to_be_checked()

        widget.page.reload()
        expect(widget.messages.last.locator("[data-tick]").nth(1)).to_be_checked()


def test_the_page_works_without_javascript(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url) as widget:
        widget.says("đăng ký khai tử cần giấy tờ gì")
        reply = widget.presses("Danh sách cho trường hợp của tôi")
        for _ in range(4):
            reply = widget.presses("Không rõ")
        address = reply.locator(".choices a").get_attribute("href")
    plain = browser.new_context(java_script_enabled=False)
    page = plain.new_page()
    page.goto(address or "")
    page.locator("[name=item]").first.check()
    page.get_by_role("button", name="Lưu đánh dấu").click()
    expect(page.locator("[name=item]").first).to_be_checked()
    page.get_by_text("Trường hợp của anh/chị", exact=True).click()
    page.get_by_label("Biết nơi ở cuối cùng").check()
    page.get_by_role("button", name="Lập lại danh sách").click()
    expect(page.locator("legend", has_text="Nếu không rõ nơi ở cuối cùng")).to_have_count(0)
    expect(page.locator("[name=item]").first).to_be_checked()
    plain.close()
