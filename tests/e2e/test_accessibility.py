"""Accessibility of page and widget by the rules of axe-core (WCAG 2.2 A and AA), light and dark, at each stage."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from common.settings import PROJECT_ROOT
from tests.e2e.service import Service
from tests.e2e.widget import DESKTOP, PHONE, Widget

_AXE = PROJECT_ROOT / "var" / "test-tools" / "axe-core-4.10.3.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = "tags => axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })"


@pytest.fixture(scope="module")
def axe() -> str:
    if not _AXE.exists():
        pytest.fail(f"{_AXE.relative_to(PROJECT_ROOT)} is missing: run tools/test-needs (`make test` does, with npm).")
    return _AXE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("viewport", "scheme"),
    [(PHONE, "light"), (PHONE, "dark"), (DESKTOP, "light")],
    ids=["360x740 light", "360x740 dark", "1366x800 light"],
)
def test_no_rule_is_broken_at_any_stage(
    service: Service, browser: Browser, axe: str, viewport: ViewportSize, scheme: str
) -> None:
    found: list[str] = []
    with Widget(browser, service.url, viewport, options={"color_scheme": scheme, "reduced_motion": "reduce"}) as widget:

        def look(stage: str) -> None:
            widget.page.evaluate(axe)
            result: dict[str, Any] = widget.page.evaluate(_RUN, _RULES)
            for broken in result["violations"]:
                for node in broken["nodes"]:
                    found.append(f"{stage}: {broken['id']} at {node['target']}: {node['failureSummary']}")

        look("greeting")
        widget.says("đăng ký khai sinh cho con")
        look("overview")
        widget.last.locator(".checklist summary").click()
        widget.last.locator(".checklist input").first.check()
        look("open checklist")
        widget.says("nộp hồ sơ luôn")
        look("consent")
        widget.presses("Đồng ý")
        look("form")
        widget.page.get_by_role("button", name="Tùy chọn").click()
        look("menu")
        for entry, stage in (("Tiếp tục trên thiết bị khác", "code"), ("Nhập mã từ thiết bị khác", "entering a code")):
            widget.page.get_by_role("menuitem", name=entry).click()
            expect(widget.page.locator("isee-chat [role=dialog]")).to_be_visible()
            look(stage)
            widget.page.keyboard.press("Escape")
            widget.page.get_by_role("button", name="Tùy chọn").click()
        widget.page.get_by_role("menuitem", name="Cuộc trò chuyện mới").click()
        expect(widget.page.locator("isee-chat [role=dialog]")).to_be_visible()
        look("score")
        widget.page.keyboard.press("Escape")
        expect(widget.messages).to_have_count(1)
        widget.says("đăng ký khai sinh cho con")
        widget.last.get_by_role("button", name="Câu trả lời chưa hữu ích").click()
        expect(widget.page.locator("isee-chat .reasons")).to_be_visible()
        look("reasons")
    assert not found, "\n".join(dict.fromkeys(found))


@pytest.mark.parametrize("path", ["/en", "/widget/docs", "/widget/docs/en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_is_broken_on_the_pages(
    service: Service, browser: Browser, axe: str, path: str, scheme: str
) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(service.url + path)
    expect(page.locator("isee-chat .message.bot").first).to_be_visible()
    page.evaluate(axe)
    # The examples' own frames are looked at above; the host page with its many widgets is what is new here.
    result: dict[str, Any] = page.evaluate(_RUN, _RULES)
    found = [
        f"{broken['id']} at {node['target']}: {node['failureSummary']}"
        for broken in result["violations"] for node in broken["nodes"]]
    context.close()
    assert not found, "\n".join(found)


def test_names_roles_and_language(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url) as widget:
        page = widget.page
        assert page.evaluate("document.documentElement.lang") == "vi"
        # The log itself is silent; one short sentence about what came is said through a region of its own.
        assert page.get_by_role("log").get_attribute("aria-live") == "off"
        for role, name in (("textbox", "Nhập câu hỏi tại đây"), ("button", "Gửi"), ("button", "Tùy chọn")):
            assert page.get_by_role(role, name=name, exact=True).count() == 1, name  # type: ignore[arg-type]
        small = page.evaluate(
            """() => [...document.querySelector('isee-chat').shadowRoot.querySelectorAll('button, .choices a')]
              .map((node) => [node.textContent || node.ariaLabel, node.getBoundingClientRect()])
              .filter(([, box]) => box.width && (box.height < 44 || box.width < 44)).map(([name]) => name)"""
        )
        assert small == [], "targets are at least 44 pixels"
