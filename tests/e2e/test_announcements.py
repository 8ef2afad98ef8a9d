"""What staff announce, in the widget: read out once, closed with a finger, gone for good in this browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from bot.switches.board import Level
from common.clock import utc_now
from tests.bot.serving import Running, serving

TEXT = "Bão số 9: các trung tâm đóng cửa <b>chiều nay</b>"
LEAST_TARGET_PX = 44


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home")) as service:
        yield service


def test_an_announcement_stands_above_the_conversation(running: Running, browser: Browser) -> None:
    now = utc_now()
    running.context.switches.announce(Level.EMERGENCY, TEXT, now, now + timedelta(hours=1), "chu")
    page = browser.new_page(viewport={"width": 390, "height": 844}, locale="vi-VN")
    page.goto(running.url)
    region = page.locator("isee-chat .notices")
    expect(region).to_have_attribute("role", "status")
    expect(region).to_contain_text(f"Khẩn cấp: {TEXT}")
    close = region.get_by_role("button", name="Đóng thông báo")
    box = close.bounding_box()
    assert box and min(box["width"], box["height"]) >= LEAST_TARGET_PX
    assert page.locator("isee-chat textarea").is_visible(), "the conversation stays usable"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    close.press("Enter")
    expect(region).to_be_hidden()
    page.reload()
    expect(page.locator("isee-chat .log .message").first).to_be_visible()
    expect(region).to_be_hidden()
    page.close()
