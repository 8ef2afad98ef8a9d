"""A manager's day in the browser: sign in, read, filter, export; charts that load under the page's policy; axe."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from bot.access.model import Role
from bot.reports.pages import PAGES
from common.clock import local_date
from tests.bot.reports.year import Year, fill
from tests.bot.serving import Running, serving
from tests.e2e.test_accessibility import _RULES, _RUN
from tests.e2e.test_accessibility import axe as axe

PASSWORD = "mot-mat-khau-dai"
WIDE, PHONE = ViewportSize(width=1366, height=800), ViewportSize(width=390, height=844)
PROCEDURES, CENTRES = ["1.001193", "1.000894", "1.004222"], ["06652", "06658", "06661"]
_DRAWN = """async () => { const broken = []; for (const image of document.querySelectorAll('img')) {
  image.loading = 'eager'; try { await image.decode(); } catch { broken.push(image.src); } } return broken; }"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), engine=False) as service:
        service.context.accounts.add("dieuhanh", Role.MANAGER, PASSWORD)
        fill(service.context.database, Year(local_date(), 40, 2000, PROCEDURES, CENTRES))
        service.context.reports.rollup.run()
        yield service


def signed_in(browser: Browser, running: Running, viewport: ViewportSize, scheme: str = "light") -> Page:
    context = browser.new_context(viewport=viewport, locale="vi-VN", color_scheme=scheme)  # type: ignore[arg-type]
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{running.url}/console/login")
    page.fill("#name", "dieuhanh")
    page.fill("#password", PASSWORD)
    page.locator("main button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Báo cáo: tổng quan")
    return page


def turns(page: Page) -> int:
    """All turns in the table of volumes."""
    cells = page.locator("#volumes td[data-label='Lượt hỏi']").all_inner_texts()
    return sum(int(text.replace(".", "")) for text in cells)


def test_a_managers_day(browser: Browser, running: Running) -> None:
    page, refused = signed_in(browser, running, WIDE), []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    assert page.evaluate(_DRAWN) == [], "the charts load under the page's policy"
    point = page.locator("#containment .point").inner_text()
    assert "%" in point and point in (page.locator("#containment img").get_attribute("alt") or "")

    page.get_by_role("link", name="7 ngày", exact=True).click()
    page.locator("#volumes summary").click()
    expect(page.locator("#volumes tbody tr")).to_have_count(7)
    page.get_by_label("Kênh").select_option(label="Zalo")
    page.get_by_role("button", name="Xem").click()
    page.locator("#volumes summary").click()
    zalo = turns(page)
    page.get_by_label("Kênh").select_option("")
    page.get_by_role("button", name="Xem").click()
    page.locator("#volumes summary").click()
    assert 0 < zalo < turns(page)

    page.get_by_role("navigation", name="Các báo cáo").get_by_role("link", name="Hồ sơ").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Báo cáo: hồ sơ")
    page.get_by_role("link", name="90 ngày").click()
    expect(page.locator("#bottlenecks .point")).to_contain_text("bước đang thẩm định")
    with page.expect_download() as download:
        page.locator("#punctuality").get_by_role("link", name="Tải bảng (CSV)").click()
    content = Path(download.value.path()).read_bytes()
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][0] == "Nơi nộp" and len(rows) > 1
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải dữ liệu mở (ZIP)").click()
    assert "datapackage.json" in zipfile.ZipFile(download.value.path()).namelist()
    assert refused == []
    page.context.close()


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["1366 light", "390 dark"])
def test_every_page_fits_and_breaks_no_rule(
    browser: Browser, running: Running, axe: str, viewport: ViewportSize, scheme: str
) -> None:
    page, found = signed_in(browser, running, viewport, scheme), []
    for name in PAGES:
        page.goto(f"{running.url}/console/reports/{name}?days=30")
        page.evaluate("document.querySelectorAll('.figure details').forEach(one => { one.open = true; })")
        assert page.evaluate(_DRAWN) == []
        assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"], f"{name} scrolls sideways"
        page.evaluate(axe)
        result: dict[str, Any] = page.evaluate(_RUN, _RULES)
        found += [
            f"{name}: {broken['id']} at {node['target']}: {node['failureSummary']}"
            for broken in result["violations"] for node in broken["nodes"]]
    assert not found, "\n".join(dict.fromkeys(found))
    page.context.close()
