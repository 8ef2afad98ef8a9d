"""The same journey, in the widget and on the page without JavaScript."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, expect

from tests.e2e.journey import Journey
from tests.e2e.officer import Officer
from tests.e2e.service import Service
from tests.e2e.widget import PHONE, Widget

_UNASKED_MS = 30_000


@dataclass
class WithWidget:
    """A citizen at the widget, as `journey.Citizen`."""

    widget: Widget

    def __post_init__(self) -> None:
        self.browser: Page = self.widget.context.new_page()

    def says(self, text: str) -> str:
        return self._answer(lambda: self._type(text))

    def presses(self, title: str) -> str:
        choice = self.widget.page.locator("isee-chat .choices").last.get_by_role("button", name=title, exact=True)
        return self._answer(choice.click)

    def offers(self, title: str) -> bool:
        choices = self.widget.page.locator("isee-chat .choices").last
        return choices.get_by_role("button", name=title, exact=True).count() > 0

    def link(self, title: str) -> str:
        links = self.widget.page.locator("isee-chat").get_by_role("link", name=re.compile(title, re.IGNORECASE))
        return str(links.last.get_attribute("href"))

    def hears(self, words: str) -> str:
        unasked = self.widget.page.locator("isee-chat .message.system, isee-chat .message.agent")
        found = unasked.filter(has_text=re.compile(words, re.IGNORECASE)).last
        expect(found).to_be_visible(timeout=_UNASKED_MS)
        return found.inner_text()

    def _type(self, text: str) -> None:
        self.widget.input.fill(text)
        self.widget.input.press("Enter")

    def _answer(self, act: object) -> str:
        """Everything in the log below what the citizen said."""
        sent = self.widget.page.locator("isee-chat .message.citizen")
        before = sent.count()
        with self.widget.page.expect_response(lambda answer: answer.url.endswith("/messages") and answer.ok):
            act()  # type: ignore[operator]
        expect(sent).to_have_count(before + 1)
        expect(self.widget.page.locator("isee-chat .message.pending")).to_have_count(0)
        shown: str = self.widget.log.evaluate(
            """log => { const all = [...log.querySelectorAll('.message')];
            const last = all.findLastIndex((node) => node.classList.contains('citizen'));
            return all.slice(last + 1).map((node) => node.innerText).join('\\n'); }""")
        return shown


def test_in_the_widget(service: Service, browser: Browser) -> None:
    officer = Officer(browser, service, "mai.widget")
    with Widget(browser, service.url, PHONE) as widget:
        Journey(WithWidget(widget), officer).run()
