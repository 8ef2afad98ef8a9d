"""The widget on poor lines, in a real browser: 2G with two seconds of latency, a tenth of all requests lost, streams
cut, hours without a line, reloads, a second tab. What a citizen sends arrives once and in order, and so does what they
hear.

The service is the real one with a double of the dialogue engine, as these tests are about the line.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.gateway.store import add_message, locked
from tests.bot.serving import Running, serving
from tests.e2e.lossy import LossyLine
from tests.e2e.widget import PHONE

_PATIENCE_MS = 90_000
# 2G as it is in the hills: 250 kbit/s, two seconds to and fro.
_2G = {"offline": False, "latency": 2000, "downloadThroughput": 31_250, "uploadThroughput": 31_250}
SENT = [f"câu hỏi thứ {number}" for number in ("nhất", "hai", "ba", "tư", "năm")]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home")) as service:
        yield service


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport=PHONE, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh")
    made.set_default_timeout(_PATIENCE_MS)
    yield made
    made.close()


def opened(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    expect(page.locator("isee-chat .message.bot").first).to_be_visible(timeout=_PATIENCE_MS)
    return page


def slow(page: Page) -> None:
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", _2G)


def sends(page: Page, *texts: str) -> None:
    for text in texts:
        page.locator("isee-chat textarea").fill(text)
        page.locator("isee-chat textarea").press("Enter")


def conversation(page: Page) -> str:
    """The id of the conversation that the widget keeps."""
    found: str = page.evaluate(
        """() => Object.entries(localStorage).filter(([key]) => key.endsWith('conversation'))
        .map(([, value]) => JSON.parse(value).id)[0]""")
    return found


def stored(running: Running, page: Page, author: str = "citizen") -> list[str]:
    messages = running.context.store.messages(conversation(page))
    return [one["text"] for one in messages if one["author"] == author]


def bubbles(page: Page, author: str) -> list[str]:
    texts: list[str] = page.locator(f"isee-chat .message.{author} .bubble > p").all_inner_texts()
    return texts


def settled(page: Page, count: int) -> None:
    """All that was sent is confirmed, and answered."""
    expect(page.locator("isee-chat .message.bot")).to_have_count(count + 1, timeout=_PATIENCE_MS)
    expect(page.locator("isee-chat .message.pending")).to_have_count(0, timeout=_PATIENCE_MS)


def test_five_messages_over_a_slow_line_that_loses_a_tenth(running: Running, context: BrowserContext) -> None:
    port = running.context.settings.port
    with LossyLine(port, seed=6, first=("answer lost", "passes", "request lost")) as line:
        page = opened(context, line.url)
        line.share = 0.1
        slow(page)
        sends(page, *SENT[:3])
        expect(page.locator("isee-chat .message.citizen")).to_have_count(3)
        line.share = 0.0  # a page that doesn't come at all is the browser's to tell
        page.reload()
        line.share = 0.1
        sends(page, *SENT[3:])
        settled(page, 5)
        assert bubbles(page, "citizen") == SENT == stored(running, page)
        assert bubbles(page, "bot")[-5:] == [f"nghe: {text}" for text in SENT]
        assert sum("/messages " in lost for lost in line.lost) >= 2, line.lost


def test_hours_without_a_line(running: Running, context: BrowserContext) -> None:
    page = context.new_page()
    page.clock.install()
    page.goto(running.url)
    expect(page.locator("isee-chat .message.bot").first).to_be_visible()
    context.set_offline(True)
    sends(page, *SENT)
    expect(page.locator("isee-chat .message.pending")).to_have_count(5)
    page.clock.fast_forward("01:00:00")
    assert stored(running, page) == []
    context.set_offline(False)
    page.clock.fast_forward(60_000)
    settled(page, 5)
    assert stored(running, page) == SENT == bubbles(page, "citizen")


def test_two_tabs_send_at_once(running: Running, context: BrowserContext) -> None:
    with LossyLine(running.context.settings.port, seed=11) as line:
        first = opened(context, line.url)
        second = opened(context, line.url)
        line.share = 0.1
        for number in range(3):
            sends(first, f"thẻ một, câu {number}")
            sends(second, f"thẻ hai, câu {number}")
        for page in (first, second):
            settled(page, 6)
        for name in ("một", "hai"):
            own = [text for text in stored(running, first) if f"thẻ {name}" in text]
            assert own == [f"thẻ {name}, câu {number}" for number in range(3)]
        assert sorted(bubbles(first, "citizen")) == sorted(bubbles(second, "citizen")) == sorted(stored(running, first))


def test_a_stream_cut_again_and_again_loses_and_doubles_nothing(running: Running, context: BrowserContext) -> None:
    told = [f"Thông báo thứ {number}: " + "chữ " * 20 for number in range(1, 11)]
    with LossyLine(running.context.settings.port, seed=3, stream_bytes=(1400, 2200)) as line:
        page = opened(context, line.url)
        for text in told:
            with running.context.database.session() as session:
                add_message(session, locked(session, conversation(page)), "system", text.strip())
            page.wait_for_timeout(150)
        expect(page.locator("isee-chat .message.system")).to_have_count(len(told), timeout=_PATIENCE_MS)
        assert bubbles(page, "system") == [text.strip() for text in told] == stored(running, page, "system")
        assert sum("stream cut" in lost for lost in line.lost) >= 2, line.lost
