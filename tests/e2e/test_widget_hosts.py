"""The widget in other people's pages: a hostile style sheet, a strict policy, old iPhones, little room, its API."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.e2e.service import Service
from tests.e2e.widget import PHONE, Widget

# One script, one service to talk to; no styles, no fonts, no markup from strings.
STRICT = (
    "default-src 'none'; script-src {url}; connect-src {url}; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'"
)
USUAL = STRICT + "; font-src {url}"
_OLD_IPHONE = "window.CSSStyleSheet = class { constructor() { throw new TypeError('Illegal constructor'); } };"
_LOOK = """() => { const root = document.querySelector('isee-chat').shadowRoot;
  const names = ['fontSize', 'fontWeight', 'color', 'backgroundColor', 'letterSpacing', 'textTransform', 'direction',
    'textAlign', 'visibility', 'cursor', 'whiteSpace', 'textIndent', 'pointerEvents', 'lineHeight'];
  const look = (selector) => {
    const node = root.querySelector(selector), style = getComputedStyle(node);
    return [...names.map((name) => style[name]), node.getBoundingClientRect().height > 20];
  };
  const host = getComputedStyle(document.querySelector('isee-chat'));
  return { header: look('header strong'), bubble: look('.bubble p'), choice: look('.choices button'),
    input: look('textarea'), send: look('.go'),
    host: ['opacity', 'transform', 'filter', 'clipPath', 'visibility', 'pointerEvents'].map((name) => host[name]) };
}"""


def host_page(page: Page, service: Service, body: str, policy: str = USUAL) -> None:
    """Opens a page that embeds the widget, under the service's own origin (other origins need a setting)."""
    html = f"<!doctype html><html lang=vi><title>Host</title><h1>Host</h1>{body}"
    script = f'<script type="module" src="{service.url}/widget/isee-chat.js"></script>'
    page.route(f"{service.url}/host", lambda route: route.fulfill(
        body=html + script, content_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": policy.format(url=service.url)}))
    page.goto(f"{service.url}/host")


def test_the_page_needs_one_file_of_at_most_thirty_kilobytes(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url) as widget:
        scripts: list[str] = []
        widget.page.on("request", lambda request: request.resource_type == "script" and scripts.append(request.url))
        widget.page.reload()
        expect(widget.messages).to_have_count(1)
        assert len(scripts) == 1 and "/widget/isee-chat.js?v=" in scripts[0]
    answer = httpx.get(f"{service.url}/widget/isee-chat.js", trust_env=False)
    assert len(gzip.compress(answer.content, 9)) <= 30 * 1024


def test_a_hostile_style_sheet_changes_nothing(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url, ViewportSize(width=700, height=800)) as widget:
        unharmed = widget.page.evaluate(_LOOK)
        widget.page.goto(f"{service.url}/widget/docs/hostile")
        expect(widget.messages.first).to_be_visible()
        assert widget.page.evaluate(_LOOK) == unharmed
        expect(widget.says("đăng ký kết hôn cần gì")).to_contain_text("kết hôn")
        box = widget.page.locator("isee-chat .panel").bounding_box()
        assert box and box["width"] > 500 and box["height"] > 500


def test_it_works_under_the_strictest_policy(service: Service, browser: Browser) -> None:
    # The typeface is refused by the policy, and system fonts serve.
    with Widget(browser, service.url, tolerated=("font-src", "Content Security Policy", "fonts/")) as widget:
        page = widget.page
        host_page(page, service, "<isee-chat></isee-chat>", STRICT)
        page.locator("isee-chat .launcher").click()
        widget.says("đăng ký khai sinh cần giấy tờ gì")
        assert widget.last.evaluate("node => getComputedStyle(node).display") == "flex", "it is styled"
        widget.last.get_by_role("button", name="In danh sách giấy tờ").click()
        page.wait_for_function("window.printed")
        violations: list[str] = page.evaluate("window.violations")
        assert all("font" in one for one in violations), violations
        page.evaluate("window.violations = []")


def test_iphones_without_constructed_sheets_get_the_same_look(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url) as widget:
        usual = widget.page.evaluate(_LOOK)
        widget.context.add_init_script(_OLD_IPHONE)
        widget.page.reload()
        expect(widget.messages).to_have_count(1)
        assert widget.page.locator("isee-chat link[rel=stylesheet]").count() == 1
        expect(widget.page.locator("isee-chat .bubble").first).to_have_css("display", "block")
        assert widget.page.evaluate(_LOOK) == usual


def test_at_four_hundred_percent_everything_can_be_reached(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url, ViewportSize(width=320, height=256)) as widget:
        widget.says("đăng ký khai sinh cho con")
        assert not widget.scrolls_sideways()
        assert widget.log.evaluate("node => node.clientHeight") > 100
        page = widget.page
        page.get_by_role("button", name="Tùy chọn").click()
        last = page.get_by_role("menuitem", name="Xóa cuộc trò chuyện này")
        last.scroll_into_view_if_needed()
        expect(last).to_be_in_viewport()
        page.get_by_role("menuitem", name="Tiếp tục trên thiết bị khác").click()
        done = page.get_by_role("dialog").get_by_role("button", name="Đóng")
        done.scroll_into_view_if_needed()
        done.click()
        expect(widget.input).to_be_visible()
        assert not widget.scrolls_sideways()


@pytest.mark.parametrize("options", [{"forced_colors": "active"}, {"reduced_motion": "reduce"}], ids=str)
def test_wishes_of_the_system_are_kept(service: Service, browser: Browser, options: dict[str, Any]) -> None:
    with Widget(browser, service.url, PHONE, options=options) as widget:
        widget.says("đăng ký kết hôn")
        up = widget.last.get_by_role("button", name="Câu trả lời hữu ích")
        before = up.evaluate("node => getComputedStyle(node).backgroundColor")
        up.click()
        expect(up).to_have_attribute("aria-pressed", "true")
        if "forced_colors" in options:
            assert up.evaluate("node => getComputedStyle(node).backgroundColor") != before, "pressed is seen"
            assert widget.last.locator(".bubble").evaluate("node => getComputedStyle(node).borderTopWidth") == "1px"
        else:
            dot = "node => getComputedStyle(node, '::before').animationName"
            assert widget.page.locator("isee-chat .typing").evaluate(dot) == "none"


def test_the_page_drives_it_and_hears_of_it(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url) as widget:
        page = widget.page
        host_page(page, service, '<isee-chat heading="Hỏi thủ tục" side="left" theme="dark"></isee-chat>')
        page.evaluate("""() => { window.heard = [];
          for (const name of ['isee-ready', 'isee-open', 'isee-close', 'isee-message', 'isee-status'])
            document.addEventListener(name, ({ type, detail }) =>
              window.heard.push([type, detail.author || detail.status || '']));
        }""")
        page.evaluate("document.querySelector('isee-chat').ask('đăng ký kết hôn cần gì')")
        expect(widget.last).to_contain_text("kết hôn")
        expect(page.locator("isee-chat header")).to_contain_text("Hỏi thủ tục")
        expect(page.locator("isee-chat header")).to_contain_text("tự động")  # that it's a machine can't be hidden
        box = page.locator("isee-chat .panel").bounding_box()
        assert box and box["x"] < 20
        assert page.locator("isee-chat .frame").evaluate("node => getComputedStyle(node).colorScheme") == "dark"
        page.evaluate("document.querySelector('isee-chat').close()")
        expect(page.locator("isee-chat .launcher")).to_be_visible()
        names = [name for name, _ in page.evaluate("window.heard")]
        assert names[0] == "isee-open" and names[-1] == "isee-close"
        assert {"isee-ready", "isee-message", "isee-status"} <= set(names)
        assert ["isee-status", "answered"] in page.evaluate("window.heard")
        page.evaluate("document.querySelector('isee-chat').setAttribute('language', 'en')")
        expect(page.locator("isee-chat .launcher")).to_contain_text("Hỏi thủ tục")
        page.evaluate("document.querySelector('isee-chat').open()")
        expect(widget.last).to_contain_text("automatic assistant")


def test_what_comes_while_it_is_closed_is_counted_on_the_launcher(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url) as widget:
        page = widget.page
        held = json.loads(page.evaluate(
            "Object.entries(localStorage).find(([key]) => key.endsWith(':conversation'))[1]"))
        host_page(page, service, "<isee-chat open></isee-chat>")
        expect(widget.messages).to_have_count(1)
        page.keyboard.press("Tab")
        page.evaluate("document.querySelector('isee-chat').close()")
        httpx.post(
            f"{service.url}/api/v1/conversations/{held['id']}/messages", json={"text": "đăng ký kết hôn"},
            headers={"Authorization": f"Bearer {held['token']}"}, timeout=30, trust_env=False)
        badge = page.locator("isee-chat .badge")
        expect(badge).to_have_text("1 tin mới")
        page.locator("isee-chat .launcher").click()
        expect(badge).to_be_hidden()


@pytest.mark.parametrize("path", ["/widget/docs", "/widget/docs/en"])
def test_the_page_of_examples_shows_working_ones(service: Service, browser: Browser, path: str) -> None:
    with Widget(browser, service.url, ViewportSize(width=390, height=800)) as widget:
        page = widget.page
        page.goto(service.url + path)
        inline = page.locator("isee-chat[inline]")
        for number in range(inline.count()):
            expect(inline.nth(number).locator(".message.bot").first).to_be_visible()
        assert page.evaluate("document.activeElement === document.body"), "no example takes the focus"
        page.locator("#ask").click()
        corner = page.locator("#corner-chat")
        expect(corner.locator(".message.citizen")).to_be_visible()
        expect(page.locator("#events")).to_contain_text("isee-")
        assert not widget.scrolls_sideways()
