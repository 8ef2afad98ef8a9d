"""Drives the chat page in a browser whose JavaScript is off, as `journey.Citizen`."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from tests.e2e.widget import PHONE

__all__ = ["ChatPage"]

_UNASKED_S = 30


@dataclass
class ChatPage:
    """One browser profile with /chat open; every act is a form sent or a link followed."""

    launched: Browser
    url: str
    viewport: ViewportSize | None = None
    options: dict[str, Any] | None = None

    def __enter__(self) -> Self:
        usual = {"viewport": self.viewport or PHONE, "locale": "vi-VN", "java_script_enabled": False}
        self.context: BrowserContext = self.launched.new_context(**{**usual, **(self.options or {})})
        self.context.set_default_timeout(20_000)
        self.page = self.context.new_page()
        self.browser: Page = self.context.new_page()
        self.opens()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.context.close()

    def opens(self) -> None:
        answer = self.page.goto(f"{self.url}/chat")
        assert answer is not None and answer.ok, answer

    @property
    def messages(self) -> Locator:
        return self.page.locator(".message")

    @property
    def last(self) -> Locator:
        """The bot's newest message."""
        return self.page.locator(".message.bot").last

    def says(self, text: str) -> str:
        if not self.page.locator("#text").count():  # a page that reloads by itself keeps the box behind a link
            self.page.get_by_role("link", name="Viết tin nhắn").click()
        self.page.locator("#text").fill(text)
        self.page.locator(".composer form", has=self.page.locator("#text")).get_by_role("button").click()
        return self._answer()

    def presses(self, title: str) -> str:
        self._choice(title).click()
        return self._answer()

    def offers(self, title: str) -> bool:
        return self._choice(title).count() > 0

    def link(self, title: str) -> str:
        links = self.page.locator(".links").get_by_role("link", name=re.compile(title, re.IGNORECASE))
        return str(links.last.get_attribute("href"))

    def hears(self, words: str) -> str:
        unasked = self.page.locator(".message.system, .message.agent")
        found = unasked.filter(has_text=re.compile(words, re.IGNORECASE))
        until = time.monotonic() + _UNASKED_S
        while time.monotonic() < until:
            self.opens()
            if found.count():
                return str(found.last.inner_text())
            self.page.wait_for_timeout(500)
        raise AssertionError(f"Nothing was heard of {words!r}:\n{self.page.locator('main').inner_text()}")

    def _choice(self, title: str) -> Locator:
        return self.page.locator(".choices-row").get_by_role("button", name=title, exact=True)

    def _answer(self) -> str:
        """Everything below what the citizen said."""
        expect(self.page).to_have_url(f"{self.url}/chat#moi")
        return "\n".join(self.page.locator(".message:has(#moi) ~ .message").all_inner_texts())
