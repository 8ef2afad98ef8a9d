"""The chat page in a browser without JavaScript: the whole journey, narrow and large, by the rules of axe."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from common.settings import PROJECT_ROOT
from tests.e2e.chat_page import ChatPage
from tests.e2e.journey import Journey
from tests.e2e.officer import Officer
from tests.e2e.service import Service

_AXE = PROJECT_ROOT / "var" / "test-tools" / "axe-core-4.10.3.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = "tags => axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })"
# A box to tick is as large as the label around it.
_SMALL = """() => [...document.querySelectorAll(
  'button, .button, .choice, input:not([type=hidden], [type=checkbox], [type=radio]), textarea, select')]
  .map((node) => [node.textContent || node.name, node.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.height < 44 || box.width < 44)).map(([name]) => name)"""
_SIDEWAYS = "document.documentElement.scrollWidth > innerWidth + 1"


def test_the_whole_journey(service: Service, browser: Browser) -> None:
    officer = Officer(browser, service, "mai.page")
    with ChatPage(browser, service.url) as citizen:
        Journey(citizen, officer).run()


def test_the_front_page_leads_here_without_javascript(service: Service, browser: Browser) -> None:
    with ChatPage(browser, service.url) as citizen:
        citizen.page.goto(service.url)
        citizen.page.locator("noscript a, a[href='/chat']").first.click()
        expect(citizen.page.locator("#text")).to_be_visible()


@pytest.mark.parametrize(
    ("viewport", "scheme", "big"),
    [
        (ViewportSize(width=360, height=740), "light", False),
        pytest.param(ViewportSize(width=1366, height=800), "dark", False, marks=pytest.mark.long),
        pytest.param(ViewportSize(width=320, height=512), "light", True, marks=pytest.mark.long),
    ],
    ids=["360x740 light", "1366x800 dark", "320x512 large text"],
)  # fmt: skip
def test_no_rule_is_broken_at_any_stage(
    service: Service, browser: Browser, viewport: ViewportSize, scheme: str, big: bool
) -> None:
    axe = _AXE.read_text("utf-8")
    found: list[str] = []
    # The rules are a script; the page itself has none either way.
    options = {"java_script_enabled": True, "bypass_csp": True, "color_scheme": scheme}
    with ChatPage(browser, service.url, viewport, options) as citizen:

        def look(stage: str) -> None:
            page = citizen.page
            page.evaluate(axe)
            result: dict[str, Any] = page.evaluate(_RUN, _RULES)
            for broken in result["violations"]:
                found.extend(f"{stage}: {broken['id']} at {node['target']}" for node in broken["nodes"])
            if page.evaluate(_SIDEWAYS):
                found.append(f"{stage}: the page scrolls sideways")
            found.extend(f"{stage}: {name!r} is smaller than 44 pixels" for name in page.evaluate(_SMALL))
            assert page.evaluate("document.scripts.length") == 0

        if big:
            citizen.page.get_by_role("button", name="Chữ to").click()
        look("greeting")
        citizen.says("đăng ký khai sinh cho con")
        look("overview")
        citizen.page.get_by_role("button", name="Câu trả lời chưa hữu ích").click()
        expect(citizen.page.get_by_label("Góp ý thêm (không bắt buộc)", exact=True)).to_be_visible()
        look("rating")
        citizen.says("nộp hồ sơ luôn")
        citizen.presses("Đồng ý")
        look("form")
        citizen.page.locator("#text").fill(" ")
        citizen.page.locator(".composer").get_by_role("button").last.click()
        look("refused")
        citizen.says("cho em gặp cán bộ")
        look("waiting")
        citizen.page.goto(f"{service.url}/chat/erase")
        look("erase")
    assert not found, "\n".join(dict.fromkeys(found))


def test_a_form_asks_with_label_help_and_the_right_keyboard(service: Service, browser: Browser) -> None:
    with ChatPage(browser, service.url) as citizen:
        citizen.says("đăng ký khai sinh cho con")
        citizen.says("nộp hồ sơ luôn")
        citizen.presses("Đồng ý")
        box = citizen.page.get_by_label("Họ và tên người nộp")
        expect(box).to_have_attribute("autocomplete", "off")
        citizen.says("Hoàng Thị Bích Ngà")
        box = citizen.page.locator("#text")
        expect(box).to_have_attribute("inputmode", "numeric")
        described = str(box.get_attribute("aria-describedby"))
        expect(citizen.page.locator(f"#{described.split()[0]}")).to_contain_text("Ví dụ")
        before = citizen.messages.count()
        citizen.page.reload()
        assert citizen.messages.count() == before
        assert "022191007345" not in citizen.says("022191007345")


def test_a_first_visit_is_two_requests_and_few_bytes(service: Service, browser: Browser) -> None:
    asked: list[str] = []
    with ChatPage(browser, service.url) as citizen:
        fresh = citizen.launched.new_context(java_script_enabled=False)
        page = fresh.new_page()
        page.on("request", lambda request: asked.append(re.sub(r"[?#].*", "", request.url.removeprefix(service.url))))
        page.goto(f"{service.url}/chat")
        fresh.close()
    assert sorted(set(asked) - {"/widget/icon.svg"}) == ["/chat", "/chat/chat.css"]
    sizes = {
        path: len(httpx.get(service.url + path, headers={"Accept-Encoding": "gzip"}, trust_env=False).read())
        for path in ("/chat", "/chat/chat.css")
    }
    assert sizes["/chat"] < 15_000, sizes
