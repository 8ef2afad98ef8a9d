"""An officer at the console, in a browser of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.e2e.service import Service

__all__ = ["Officer"]


@dataclass
class Officer:
    """Signed in as `name`; every act goes through the pages."""

    browser: Browser
    service: Service
    name: str
    viewport: ViewportSize = field(default_factory=lambda: ViewportSize(width=1366, height=800))
    role: str = "admin"

    def __post_init__(self) -> None:
        told = self.service.isee("user", "add", self.name, "--role", self.role)
        password = re.findall(r"Mật khẩu: (\S+)", told)[0]
        context = self.browser.new_context(viewport=self.viewport, locale="vi-VN")
        context.set_default_timeout(20_000)
        self.page: Page = context.new_page()
        self.page.goto(f"{self.service.url}/console/login")
        self.page.fill("input[name=name]", self.name)
        self.page.fill("input[name=password]", password)
        self.page.get_by_role("button", name="Đăng nhập").click()
        for entry in ("again", "password"):  # the generated password opens this page only
            self.page.fill(f"input[name={entry}]", f"mật khẩu riêng {password[:6]}")
        self.page.get_by_role("button", name="Lưu mật khẩu").click()
        expect(self.page.get_by_role("button", name="Đăng xuất")).to_be_visible()

    def opens(self, code: str, below: str = "") -> None:
        self.page.goto(f"{self.service.url}/console/dossiers/{code}{below}")

    def moves_on(self, code: str, state: str) -> None:
        """Presses the button that leads to `state`."""
        self.opens(code)
        form = self.page.locator("form", has=self.page.locator(f'input[name=state][value="{state}"]'))
        form.get_by_role("button").click()
        self._done()

    def asks_for(self, code: str, reason: str) -> str:
        """Requests the first paper (or entry) on the list; returns its name."""
        self.opens(code)
        self.page.locator("summary", has_text="bổ sung").first.click()
        pick = self.page.locator(".pick").first
        pick.locator("input[type=checkbox]").check()
        pick.locator("input[type=text], input:not([type])").fill(reason)
        wanted = pick.locator("label").inner_text().strip()
        self.page.get_by_role("button", name="Gửi yêu cầu bổ sung").click()
        self._done()
        return wanted

    def sets_fee(self, code: str, amount: int) -> None:
        self.opens(code, "/payment")
        self.page.fill("input[name=amount]", str(amount))
        self.page.get_by_role("button", name="Xác nhận mức thu").click()
        self._done()

    def reference(self, code: str) -> str:
        """What a transfer for this dossier must say."""
        self.opens(code, "/payment")
        found = re.search(r"\bLP[0-9A-Z]+\b", self.page.locator("main").inner_text())
        assert found, "the payment page shows no reference"
        return found[0]

    def issues(self, code: str, day: str) -> None:
        """Issues the result with a document of the authority."""
        self.opens(code, "/result")
        values = {
            "number": "27/KQ-UBND", "issued_on": day, "agency": "UBND phường Bãi Cháy", "signed_by": "Trần Văn Hải",
        }
        for name, value in values.items():
            self.page.fill(f"[name={name}]", value)
        self.page.fill("[name=abstract]", "Giải quyết theo đề nghị của người nộp hồ sơ.")
        self.page.get_by_role("button", name="Ký số và phát hành").click()
        self._done()
        expect(self.page.get_by_text("Đang có giá trị")).to_be_visible()

    def takes_appointments(self, centre: str) -> None:
        """Opens a centre's timetable: every weekday, half-hours, two seats."""
        self.page.goto(f"{self.service.url}/console/appointments/{centre}/setup")
        form = self.page.locator("form[action$='/template']")
        for day in range(5):
            form.locator(f"input[name=weekday][value='{day}']").check()
        for name, value in {"opens": "07:30", "closes": "16:30", "minutes": "30", "capacity": "2"}.items():
            form.locator(f"[name={name}]").fill(value)
        form.get_by_role("button", name="Thêm khoảng giờ").click()
        self._done()

    def shot(self, path: Path) -> None:
        self.page.screenshot(path=path, full_page=True)

    def _done(self) -> None:
        expect(self.page.locator(".problem")).to_have_count(0)


def examples(form: Any) -> dict[str, str]:
    """The example answer of every question of an e-form, by name."""
    return {one.name: one.example or "" for one in (*form.fields, *(sub for f in form.fields for sub in f.fields))}
