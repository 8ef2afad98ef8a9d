"""The widget in a real browser: the whole conversation, reloads, lost lines, keyboard alone, two tabs, print."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.e2e.citizen import BIRTH, DOSSIER_CODE
from tests.e2e.service import Service
from tests.e2e.widget import DESKTOP, PHONE, Widget

NEWBORN = "vk e mới đẻ hôm qua giờ làm giấy tờ cho bé ntn a"


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["360x740", "1366x800"])
def test_the_whole_conversation(service: Service, browser: Browser, viewport: ViewportSize) -> None:
    with Widget(browser, service.url, viewport) as widget:
        expect(widget.page.locator("isee-chat header")).to_contain_text("tự động")
        answer = widget.says(NEWBORN)
        card = answer.locator(".card")
        expect(card.locator("h2")).to_contain_text("khai sinh")
        for fact in ("Lệ phí", "Thời hạn", "Nơi nộp", "Trực tuyến"):
            expect(card.locator(".facts")).to_contain_text(fact)
        expect(card.locator(".origin")).to_contain_text("163/QĐ-BTP")
        expect(card.locator(".origin a")).to_have_attribute("rel", "noopener noreferrer")
        expect(widget.says("thế mất bao nhiêu tiền")).to_contain_text("lệ phí")
        expect(widget.says("con 3 tháng mới làm có sao ko").locator(".choices")).to_contain_text("Gặp cán bộ")
        widget.says("nop ho so luon")
        expect(widget.presses("Đồng ý").locator(".step")).to_contain_text("Mục 1/")
        code = _fill_in(widget)
        expect(widget.says(f"tra cuu ho so {code}")).to_contain_text("chờ tiếp nhận")
        expect(widget.says("giá vàng hôm nay")).to_contain_text("ngoài lĩnh vực")
        expect(widget.says("cho em gặp cán bộ")).to_contain_text("số phiếu")
        expect(widget.page.locator("isee-chat .state")).to_contain_text("đã được ghi nhận")
        assert not widget.scrolls_sideways()


def test_a_reload_keeps_everything_even_inside_a_form(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url) as widget:
        widget.says("đăng ký khai sinh cho con")
        widget.says("nộp hồ sơ luôn")
        widget.presses("Đồng ý")
        widget.says(BIRTH["applicant_name"])
        widget.says(BIRTH["applicant_id"])
        expect(widget.log).not_to_contain_text(BIRTH["applicant_id"])  # its masked form comes by the stream
        before = widget.texts()
        widget.page.reload()
        expect(widget.messages).to_have_count(len(before))
        assert widget.texts() == before
        assert BIRTH["applicant_id"] not in "\n".join(before)
        assert BIRTH["applicant_name"] not in "\n".join(before)
        expect(widget.says(BIRTH["applicant_phone"])).to_contain_text("thư điện tử")


def test_what_is_typed_offline_is_sent_once_when_the_line_is_back(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url, tolerated=("ERR_INTERNET_DISCONNECTED",)) as widget:
        widget.context.set_offline(True)
        widget.input.fill("đăng ký kết hôn cần giấy tờ gì")
        widget.input.press("Enter")
        pending = widget.page.locator("isee-chat .message.pending")
        expect(pending).to_contain_text("Chưa gửi được")
        expect(widget.page.locator("isee-chat .state")).to_contain_text("Mất kết nối")
        widget.context.set_offline(False)
        expect(widget.last).to_contain_text("kết hôn")
        expect(pending).to_have_count(0)
        expect(widget.page.locator("isee-chat .state")).to_be_hidden()
        widget.page.reload()
        expect(widget.page.locator("isee-chat .message.citizen")).to_have_count(1)


def test_what_is_typed_offline_survives_a_reload(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url, tolerated=("ERR_FAILED", "ERR_INTERNET_DISCONNECTED")) as widget:
        widget.context.route("**/messages", lambda route: route.abort())
        widget.input.fill("đăng ký tạm trú cần gì")
        widget.input.press("Enter")
        expect(widget.page.locator("isee-chat .message.pending .note")).to_be_visible()
        widget.context.unroute("**/messages")
        widget.page.reload()
        expect(widget.last).to_contain_text("tạm trú")
        expect(widget.page.locator("isee-chat .message.citizen")).to_have_count(1)
        expect(widget.page.locator("isee-chat .message.pending")).to_have_count(0)


def test_the_keyboard_alone_is_enough(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url, DESKTOP) as widget:
        keyboard = widget.page.keyboard
        assert _focused(widget)["tag"] == "TEXTAREA", "one can type at once"
        keyboard.type("đăng ký khai sinh cần giấy tờ gì")
        keyboard.press("Enter")
        expect(widget.last.locator(".card")).to_be_visible()
        expect(widget.input).to_be_focused()
        for _ in range(60):
            keyboard.press("Shift+Tab")
            if _focused(widget)["text"] == "Nộp hồ sơ":
                break
        assert _focused(widget)["outline"] != "none", "the focus is visible"
        keyboard.press("Enter")
        expect(widget.last).to_contain_text("Anh/chị có đồng ý không")
        expect(widget.input).to_be_focused()

        for _ in range(60):
            keyboard.press("Shift+Tab")
            if _focused(widget)["label"] == "Tùy chọn":
                break
        menu = widget.page.locator("isee-chat [role=menu]")
        keyboard.press("Enter")
        expect(menu).to_be_visible()
        keyboard.press("ArrowDown")
        assert _focused(widget)["text"] == "Tự đọc câu trả lời"
        keyboard.press("End")
        assert _focused(widget)["text"] == "Xóa cuộc trò chuyện này"
        keyboard.press("ArrowDown")
        assert _focused(widget)["text"] == "Chữ to"
        keyboard.press("Escape")
        expect(menu).to_be_hidden()
        assert _focused(widget)["label"] == "Tùy chọn"


def test_embedded_it_opens_from_a_launcher_and_closes_with_escape(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url) as widget:
        widget.page.evaluate("document.querySelector('main').replaceChildren(document.createElement('isee-chat'))")
        launcher = widget.page.locator("isee-chat .launcher")
        panel = widget.page.locator("isee-chat .panel")
        expect(panel).to_be_hidden()
        launcher.focus()
        widget.page.keyboard.press("Enter")
        expect(panel).to_be_visible()
        expect(widget.input).to_be_focused()
        expect(widget.messages).to_have_count(1)
        widget.page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        expect(launcher).to_be_focused()


def test_shift_enter_breaks_the_line(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url) as widget:
        widget.page.keyboard.type("dòng một")
        widget.page.keyboard.press("Shift+Enter")
        widget.page.keyboard.type("dòng hai")
        expect(widget.input).to_have_value("dòng một\ndòng hai")


def test_ticks_of_the_checklist_survive_a_reload(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url) as widget:
        widget.says("đăng ký khai sinh cần giấy tờ gì")
        boxes = widget.last.locator(".checklist input")
        boxes.nth(1).check()
        widget.page.reload()
        expect(boxes.nth(1)).to_be_checked()
        expect(boxes.nth(0)).not_to_be_checked()


def test_the_checklist_and_the_receipt_can_be_printed(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url) as widget:
        widget.says("đăng ký khai sinh cần giấy tờ gì")
        widget.last.get_by_role("button", name="In danh sách giấy tờ").click()
        printed = widget.page.evaluate("window.printed")
        for part in ("Thủ tục đăng ký khai sinh", "Giấy chứng sinh", "163/QĐ-BTP", "In từ trợ lý iSee ngày"):
            assert part in printed, part
        assert "Không có giấy chứng sinh" in printed, "a case is called by its name"


def test_big_text_is_kept_and_nothing_is_cut_off(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url) as widget:
        widget.says(NEWBORN)
        widget.page.get_by_role("button", name="Tùy chọn").click()
        widget.page.get_by_role("menuitemcheckbox", name="Chữ to").click()
        widget.page.reload()
        expect(widget.last.locator(".card")).to_be_visible()
        assert widget.last.evaluate("node => getComputedStyle(node).fontSize") == "22px"
        assert not widget.scrolls_sideways()
        assert _cut_off(widget) == []


def test_zoomed_to_two_hundred_percent_all_can_be_reached(service: Service, browser: Browser) -> None:
    narrow = ViewportSize(width=320, height=512)  # WCAG 2.2, 1.4.10
    with Widget(browser, service.url, narrow) as widget:
        widget.says(NEWBORN)
        assert not widget.scrolls_sideways()
        assert _cut_off(widget) == []
        assert widget.log.evaluate("node => node.clientHeight") > 150, "the conversation keeps room of its own"
        # What only a screen reader hears must not make the page scroll past the widget.
        assert widget.page.evaluate("document.documentElement.scrollHeight <= innerHeight + 1")


def test_text_stays_text(service: Service, browser: Browser) -> None:
    attack = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script> đăng ký kết hôn"
    with Widget(browser, service.url) as widget:
        widget.says(attack)
        expect(widget.page.locator("isee-chat .message.citizen .bubble").last).to_contain_text("<img src=x onerror=")
        widget.page.reload()
        expect(widget.page.locator("isee-chat .message.citizen .bubble").last).to_contain_text("<script>")
        assert widget.page.evaluate("window.hacked") is None
        assert widget.page.locator("isee-chat .log img, isee-chat .log script").count() == 0


def test_two_tabs_show_the_same_conversation(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url) as widget:
        widget.says("đăng ký kết hôn cần giấy tờ gì")
        second = widget.tab()
        expect(second.locator("isee-chat .message")).to_have_count(widget.messages.count())
        widget.says("lệ phí bao nhiêu")
        expect(second.locator("isee-chat .message")).to_have_count(widget.messages.count())
        second.locator("isee-chat textarea").fill("nộp ở đâu")
        second.locator("isee-chat textarea").press("Enter")
        expect(second.locator("isee-chat .message.citizen")).to_have_count(3)
        expect(widget.page.locator("isee-chat .message.citizen")).to_have_count(3)
        expect(widget.last).to_contain_text("nộp hồ sơ")
        assert widget.texts() == second.locator("isee-chat .bubble").all_inner_texts()


def test_a_long_answer_is_shown_from_its_first_line(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url, ViewportSize(width=360, height=560)) as widget:
        widget.says("đăng ký khai sinh cần giấy tờ gì")
        widget.page.wait_for_timeout(300)
        log, bubble = widget.log.bounding_box(), widget.last.locator(".bubble").bounding_box()
        assert log is not None and bubble is not None
        assert bubble["height"] > log["height"], "the answer is longer than the window"
        assert log["y"] - 1 <= bubble["y"] < log["y"] + log["height"] / 3


def test_a_refused_message_says_why_and_the_rest_goes_on(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url, tolerated=("422", "413")) as widget:
        widget.input.fill("khai\u0007 sinh")
        widget.input.press("Enter")
        expect(widget.messages.last).to_contain_text("ký tự điều khiển")
        expect(widget.says("đăng ký kết hôn cần gì")).to_contain_text("kết hôn")


def test_a_file_is_sent_where_the_form_asks_for_one(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url, tolerated=("422",)) as widget:
        attach = widget.page.get_by_role("button", name="Gửi ảnh hoặc tệp")
        expect(attach).to_be_hidden()
        widget.says("đăng ký khai sinh cho con")
        widget.says("nộp hồ sơ luôn")
        widget.presses("Đồng ý")
        for field in list(BIRTH)[: list(BIRTH).index("birth_proof_file")]:
            widget.says(BIRTH[field])
        expect(attach).to_be_visible()
        chooser = widget.page.locator("isee-chat input[type=file]")
        chooser.set_input_files({"name": "anh.jpg", "mimeType": "image/jpeg", "buffer": b"khong phai anh"})
        expect(widget.messages.last).to_contain_text("Không gửi được")
        png = widget.page.screenshot(clip={"x": 0, "y": 0, "width": 100, "height": 80})
        chooser.set_input_files({"name": "giay-chung-sinh.png", "mimeType": "image/png", "buffer": png})
        expect(widget.last).to_contain_text("Dân tộc")


def test_a_new_conversation_and_erasing(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url) as widget:
        widget.says("đăng ký kết hôn cần gì")
        widget.page.get_by_role("button", name="Tùy chọn").click()
        widget.page.get_by_role("menuitem", name="Cuộc trò chuyện mới").click()
        widget.page.get_by_role("button", name="Bỏ qua").click()
        expect(widget.messages).to_have_count(1)
        widget.says("đăng ký kết hôn cần gì")
        widget.page.get_by_role("button", name="Tùy chọn").click()
        widget.page.get_by_role("menuitem", name="Xóa cuộc trò chuyện này").click()
        widget.page.get_by_role("button", name="Xóa", exact=True).click()
        expect(widget.messages).to_have_count(1)
        expect(widget.says("đăng ký tạm trú cần gì")).to_contain_text("tạm trú")


def _fill_in(widget: Widget) -> str:
    """Gives all answers of `BIRTH`, corrects one at the review, submits; returns the dossier's code."""
    for value in BIRTH.values():
        widget.says(value)
    expect(widget.last).to_contain_text("kiểm tra lại")
    widget.says("sửa số bản sao")
    widget.says("3")
    copies = widget.last.locator(".lines > div", has_text="Số bản sao Giấy khai sinh")
    expect(copies.locator("dd")).to_have_text("3")
    widget.presses("Nộp hồ sơ")
    receipt = widget.page.locator("isee-chat .message.bot", has=widget.page.locator(".dossier .code")).last
    code = receipt.locator(".dossier .code").inner_text()
    assert DOSSIER_CODE.fullmatch(code)
    receipt.get_by_role("button", name="In giấy tiếp nhận").click()
    assert code in widget.page.evaluate("window.printed")
    return code


def _focused(widget: Widget) -> dict[str, Any]:
    """What has the focus inside the widget."""
    found: dict[str, Any] = widget.page.evaluate(
        """() => { const node = document.querySelector('isee-chat').shadowRoot.activeElement;
        if (!node) return { tag: '', text: '', label: '', outline: 'none' };
        return { tag: node.tagName, text: node.textContent.trim(), label: node.getAttribute('aria-label'),
                 outline: getComputedStyle(node).outlineStyle }; }"""
    )
    return found


def _cut_off(widget: Widget) -> list[str]:
    """Visible elements of the log that reach beyond its width."""
    found: list[str] = widget.log.evaluate(
        """log => { const right = log.getBoundingClientRect().right + 1;
        return [...log.querySelectorAll('*')]
          .filter((node) => { const box = node.getBoundingClientRect(); return box.width > 1 && box.right > right; })
          .map((node) => node.tagName + ' ' + node.textContent.slice(0, 40)); }"""
    )
    return found
