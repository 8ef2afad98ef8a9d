"""Accessibility of page and widget by the rules of axe-core (WCAG 2.2 A and AA), light and dark, at each stage."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, ViewportSize

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
    assert not found, "\n".join(dict.fromkeys(found))


def test_names_roles_and_language(service: Service, browser: Browser) -> None:
    with Widget(browser, service.url) as widget:
        page = widget.page
        assert page.evaluate("document.documentElement.lang") == "vi"
        assert page.get_by_role("log").get_attribute("aria-live") == "polite"
        for role, name in (("textbox", "Nhập câu hỏi tại đây"), ("button", "Gửi"), ("button", "Tùy chọn")):
            assert page.get_by_role(role, name=name, exact=True).count() == 1, name  # type: ignore[arg-type]
        small = page.evaluate(
            """() => [...document.querySelector('isee-chat').shadowRoot.querySelectorAll('button, .choices a')]
              .map((node) => [node.textContent || node.ariaLabel, node.getBoundingClientRect()])
              .filter(([, box]) => box.width && (box.height < 44 || box.width < 44)).map(([name]) => name)"""
        )
        assert small == [], "targets are at least 44 pixels"
