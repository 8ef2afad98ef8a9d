"""A citizen with a simulated phone: `isee zalo-sim` in a process of its own, its chat in the browser."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from bot.engine_process import free_port
from bot.zalo_sim.app import environment
from common.settings import PROJECT_ROOT
from tests.e2e.officer import Officer
from tests.e2e.service import Service

__all__ = ["BA_TU", "CUONG", "Phone", "Simulator", "connects"]

BA_TU, CUONG = "7788009900110022003", "7788009900110022014"
_WITHIN_S = 60.0
# What the service still has to do for one citizen: an event, a message to turn into parts, a part to send.
_AT_WORK = """
SELECT (SELECT count(*) FROM zalo_events WHERE subject = :user AND state = 'waiting' AND name NOT LIKE 'oa_%'
          AND name NOT LIKE 'user_received%' AND name NOT LIKE 'user_seen%')
     + (SELECT count(*) FROM zalo_parts WHERE user_id = :user AND state IN ('waiting', 'sending', 'unknown')
          AND kind NOT IN ('template', 'phone'))
     + (SELECT count(*) FROM messages m JOIN zalo_users u ON u.conversation_id = m.conversation_id
          WHERE u.user_id = :user AND m.author <> 'citizen' AND m.id > u.turned_upto)
"""


class Simulator:
    """`isee zalo-sim` on a private port; `settings` are what iSee needs to take it for Zalo."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(0), folder
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = environment(self.url)
        self.http = httpx.Client(base_url=self.url, trust_env=False, timeout=30)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, isee_url: str) -> None:
        command = [sys.executable, "-m", "bot.cli", "zalo-sim", "--port", str(self.port), "--isee", isee_url]
        with (self.folder / "sim.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--folder", str(self.folder)], cwd=PROJECT_ROOT, stdout=log, stderr=log)
        until = time.monotonic() + _WITHIN_S
        while True:
            try:
                self.http.get("/simulator/faults")
                return
            except httpx.ConnectError:
                assert self._process.poll() is None and time.monotonic() < until, "the simulator did not start"
                time.sleep(0.1)

    def stop(self) -> None:
        self.http.close()
        if self._process:
            self._process.terminate()
            self._process.wait(10)

    def faults(self, **wanted: object) -> None:
        assert self.http.put("/simulator/faults", json=wanted).status_code == 200

    def idle(self) -> bool:
        """Whether every event was taken."""
        return bool(self.http.get("/simulator/deliveries").json()["waiting"] == 0)


def connects(officer: Officer, service: Service) -> None:
    """The OA's administrator consents, from the console's page to the platform's and back."""
    page = officer.page
    page.goto(f"{service.url}/console/zalo")
    page.get_by_role("button", name=re.compile("Kết nối OA|Cấp quyền lại")).click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Mở trang cấp quyền của Zalo").click()
    consent = opened.value
    consent.get_by_role("button", name="Cho phép").click()
    expect(consent.get_by_text("Đã kết nối Official Account")).to_be_visible()
    consent.close()
    page.goto(f"{service.url}/console/zalo")
    page.get_by_role("button", name="Kiểm tra với Zalo").click()
    expect(page.locator("main")).to_contain_text("đã xác thực")


@dataclass
class Phone:
    """As `journey.Citizen`: writes and taps on the simulated phone, reads what stands there."""

    service: Service
    simulator: Simulator
    chromium: Browser
    user: str = BA_TU
    viewport: ViewportSize = field(default_factory=lambda: ViewportSize(width=390, height=844))
    heard: set[str] = field(default_factory=set)
    shown: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        context = self.chromium.new_context(viewport=self.viewport, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh")
        context.set_default_timeout(30_000)
        self.page: Page = context.new_page()
        self.page.goto(f"{self.simulator.url}/phone/{self.user}")
        self.browser: Page = context.new_page()
        self._database = sqlite3.connect(f"file:{self.service.home / 'isee.db'}?mode=ro", uri=True)

    def says(self, text: str) -> str:
        def write() -> None:
            box = self.page.locator("main .write textarea")
            box.fill(text)
            box.press("Enter")

        return self._answer(write)

    def presses(self, title: str) -> str:
        choice = self._choices().get_by_role("button", name=title, exact=True)
        return self._answer(choice.last.click)

    def offers(self, title: str) -> bool:
        return self._choices().get_by_role("button", name=title, exact=True).count() > 0

    def link(self, title: str) -> str:
        """Of a button, or of a line "name: address"."""
        named = self.page.locator("#talk").get_by_role("link", name=re.compile(title, re.IGNORECASE))
        if named.count():
            return str(named.last.get_attribute("href"))
        lines = re.findall(rf"(?:{title})[^\n]*?: (https?://\S+)", self.page.locator("#talk").inner_text(), re.I)
        assert lines, f"no link {title!r}"
        return str(lines[-1])

    def hears(self, words: str) -> str:
        found = self.page.locator("#talk .group:not(.user) .bubble").filter(has_text=re.compile(words, re.IGNORECASE))
        until = time.monotonic() + _WITHIN_S
        while True:
            fresh = [one for one in found.all() if one.get_attribute("data-id") not in self.heard]
            if fresh:
                self.shown = [str(fresh[-1].get_attribute("data-id"))]
                self.heard.update(self.shown)
                return fresh[-1].inner_text()
            assert time.monotonic() < until, f"{words!r} was never said:\n" + "\n".join(self.texts()[-6:])
            self.page.wait_for_timeout(200)

    def sends(self, name: str, content: bytes) -> str:
        """A picture or a file, from the attachment menu."""
        def choose() -> None:
            self.page.locator("footer .pop summary").click()
            self.page.locator("footer input[type=file]").set_input_files(
                {"name": name, "mimeType": "application/octet-stream", "buffer": content})

        return self._answer(choose)

    def texts(self) -> list[str]:
        return self.page.locator("#talk .bubble").all_inner_texts()

    def settled(self) -> None:
        """Waits until nothing is on its way in either direction, and the page shows it."""
        until = time.monotonic() + _WITHIN_S
        while not (self.simulator.idle() and self._left() == 0 and self.simulator.idle()):
            assert time.monotonic() < until, f"still at work:\n{self.service.log_tail()}"
            time.sleep(0.1)
        count = sum(not one["hidden"] for one in self.simulator.http.get(
            f"/simulator/users/{self.user}/messages").json())
        expect(self.page.locator("#talk .bubble")).to_have_count(count)

    def _left(self) -> int:
        """How much the service still has to do for this citizen."""
        return int(self._database.execute(_AT_WORK, {"user": self.user}).fetchone()[0])

    def _answer(self, act: Callable[[], None]) -> str:
        """Everything that the OA wrote after `act`."""
        before = set(self._ids())
        with self.page.expect_response(lambda answer: answer.request.method == "POST" and answer.ok and (
                "/act" not in answer.url)):
            act()
        self.settled()
        self.shown = [one for one in self._ids() if one not in before]
        self.heard.update(self.shown)
        return "\n".join(self._bubble(one).inner_text() for one in self.shown)

    def _ids(self) -> list[str]:
        """Of what the OA wrote."""
        ids: list[str] = self.page.locator("#talk .group:not(.user) .bubble").evaluate_all(
            "all => all.map((one) => one.dataset.id)")
        return ids

    def _bubble(self, message: str) -> Locator:
        return self.page.locator(f'#talk .bubble[data-id="{message}"]')

    def _choices(self) -> Locator:
        """Bubbles of the latest answer; before any, all of them."""
        if not self.shown:
            return self.page.locator("#talk .bubble")
        return self.page.locator(", ".join(f'#talk .bubble[data-id="{one}"]' for one in self.shown))
