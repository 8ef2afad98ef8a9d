"""Drives the widget in a page as a citizen does, and notes everything that a browser complains about."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

__all__ = ["DESKTOP", "PHONE", "Widget"]

PHONE = ViewportSize(width=360, height=740)
DESKTOP = ViewportSize(width=1366, height=800)

# Violations of the Content-Security-Policy are events of the document, in every frame.
_WATCH_POLICY = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
  window.violations.push(event.violatedDirective + ' ' + event.blockedURI);
});
"""
# Printing opens a dialog that nobody could close here: what would be printed is kept instead.
_KEEP_PRINTED = "window.print = () => { window.top.printed = document.body.innerText; };"


@dataclass
class Widget:
    """One browser profile with the demo page open. Use as a context manager; leaving it checks `complaints`."""

    browser: Browser
    url: str
    viewport: ViewportSize = field(default_factory=lambda: PHONE)
    options: dict[str, Any] = field(default_factory=dict)
    tolerated: tuple[str, ...] = ()
    complaints: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.context: BrowserContext = self.browser.new_context(
            viewport=self.viewport, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", **self.options
        )
        self.context.set_default_timeout(20_000)
        self.context.add_init_script(_WATCH_POLICY)
        self.context.add_init_script(_KEEP_PRINTED)
        self.context.on("request", self._same_origin)
        self.page = self.tab()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pages = [] if kind else self.context.pages
        violations = [found for page in pages for found in page.evaluate("window.violations")]
        self.context.close()
        if kind is None:
            left = [line for line in self.complaints if not any(text in line for text in self.tolerated)]
            assert not left + violations, left + violations

    def tab(self) -> Page:
        """Opens the demo page in a new tab and waits for the conversation."""
        page = self.context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.goto(self.url)
        expect(page.locator("isee-chat .message.bot").first).to_be_visible()
        return page

    @property
    def log(self) -> Locator:
        return self.page.locator("isee-chat .log")

    @property
    def messages(self) -> Locator:
        return self.page.locator("isee-chat .message")

    @property
    def last(self) -> Locator:
        """The bot's newest message."""
        return self.page.locator("isee-chat .message.bot").last

    @property
    def input(self) -> Locator:
        return self.page.locator("isee-chat textarea")

    def says(self, text: str) -> Locator:
        """Types, sends and waits for the answer."""
        return self._answered(lambda: self._type(text))

    def presses(self, title: str) -> Locator:
        """Presses the newest message's button `title` and waits for the answer."""
        button = self.last.locator(".choices").get_by_role("button", name=title, exact=True)
        return self._answered(button.click)

    def texts(self) -> list[str]:
        """What the log shows, bubble by bubble."""
        return self.page.locator("isee-chat .bubble").all_inner_texts()

    def scrolls_sideways(self) -> bool:
        """Whether anything makes the page scroll sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"))

    def _type(self, text: str) -> None:
        self.input.fill(text)
        self.input.press("Enter")

    def _answered(self, act: Any) -> Locator:
        bots = self.page.locator("isee-chat .message.bot")
        before = bots.count()
        act()
        expect(bots.nth(before)).to_be_visible()
        expect(self.page.locator("isee-chat .message.pending")).to_have_count(0)
        return self.last

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _same_origin(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and f"{parts.scheme}://{parts.netloc}" != self.url:
            self.complaints.append(f"request to a third party: {request.url}")
