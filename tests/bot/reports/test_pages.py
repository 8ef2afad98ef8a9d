"""The manager's pages over HTTP: what they show, charts, files, bad input, and who may not see them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from xml.etree import ElementTree

import httpx
import pytest

from bot.access.model import Role
from bot.reports.pages import PAGES
from common.clock import local_date
from tests.bot.reports.small import BIRTH, FIRST
from tests.bot.reports.year import Year, fill
from tests.bot.serving import Running, serving

PASSWORD = "mot-mat-khau-dai"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), engine=False) as service:
        for name, role in (("dieuhanh", Role.MANAGER), ("lan", Role.AGENT)):
            service.context.accounts.add(name, role, PASSWORD)
        fill(service.context.database, Year(local_date(), 30, 900, [BIRTH, "1.000002"], [FIRST, "06658"]))
        service.context.reports.rollup.run()
        yield service


@pytest.fixture(scope="module")
def manager(running: Running) -> httpx.Client:
    return signed_in(running, "dieuhanh")


def signed_in(running: Running, name: str) -> httpx.Client:
    client = httpx.Client(base_url=running.url, trust_env=False, follow_redirects=True, timeout=30)
    client.post("/console/login", data={"name": name, "password": PASSWORD})
    return client


def test_the_manager_starts_at_the_reports_and_nobody_else_may_read_them(
    running: Running, manager: httpx.Client
) -> None:
    home = manager.get("/console/")
    assert home.url.path == "/console/reports/overview" and "Báo cáo: tổng quan" in home.text
    agent = signed_in(running, "lan")
    for path in ("overview", "charts/volumes.svg", "tables/volumes.csv", "open-data.zip"):
        assert agent.get(f"/console/reports/{path}").status_code == 403
    assert running.http.get("/console/reports/overview").headers["location"] == "/console/login"


def test_every_page_with_its_charts_and_tables(manager: httpx.Client) -> None:
    drawn = 0
    for page in PAGES:
        answer = manager.get(f"/console/reports/{page}", params={"days": "30"})
        assert answer.status_code == 200, page
        assert " style=" not in answer.text and "<script>" not in answer.text, "the page's policy forbids both"
        # One chart of each page; the browser's test loads them all.
        for address in re.findall(r'<img class="chart" src="([^"]+)" alt="[^"]{20,}"', answer.text)[:1]:
            chart = manager.get(address.replace("&amp;", "&"))
            assert chart.headers["content-type"] == "image/svg+xml"
            assert chart.headers["content-security-policy"].startswith("default-src 'none'")
            root = ElementTree.fromstring(chart.text)
            assert root.tag.endswith("svg") and not [one for one in root.iter() if one.tag.endswith("script")]
            drawn += 1
    assert drawn == 4, "overview, topics, people, dossiers"
    wide, dark, narrow = (
        manager.get("/console/reports/charts/volumes.svg", params={"days": "30", **more}).content
        for more in ({}, {"dark": "1"}, {"narrow": "1"}))
    assert len({wide, dark, narrow}) == 3 and "Cuộc trò chuyện".encode() in wide


def test_period_and_filters_narrow_what_is_shown(manager: httpx.Client) -> None:
    week = manager.get("/console/reports/overview", params={"days": "7"}).text
    assert week.count("<tr>") < manager.get("/console/reports/overview", params={"days": "30"}).text.count("<tr>")
    one = manager.get("/console/reports/topics", params={"field": "Không có"}).text
    assert "Chưa có dữ liệu trong kỳ này." in one
    assert 'selected>Zalo' in manager.get("/console/reports/overview", params={"channel": "zalo"}).text


@pytest.mark.parametrize("query", [
    {"from": "2026-13-45"}, {"from": "9999-01-01", "to": "2020-01-01"}, {"from": "x", "to": "<script>"},
    {"from": "1900-01-01"}])
def test_a_period_that_is_none_is_said_and_the_usual_one_shown(manager: httpx.Client, query: dict[str, str]) -> None:
    answer = manager.get("/console/reports/overview", params=query)
    assert answer.status_code == 422 and "Khoảng thời gian chưa đúng" in answer.text and "<script>" not in answer.text
    assert manager.get("/console/reports/tables/volumes.csv", params=query).status_code == 422
    assert manager.get("/console/reports/charts/volumes.svg", params=query).status_code == 422


def test_what_does_not_exist_is_said(manager: httpx.Client) -> None:
    for path in ("nothing", "charts/nothing.svg", "charts/golden.svg", "tables/nothing.csv"):
        answer = manager.get(f"/console/reports/{path}", params={"page": "99999999", "days": "x"})
        assert answer.status_code == 404 and "Traceback" not in answer.text


def test_files_are_named_by_their_period(manager: httpx.Client) -> None:
    since = (local_date() - timedelta(days=20)).isoformat()
    table = manager.get("/console/reports/tables/statuses.csv", params={"from": since})
    assert f"isee-statuses-{since}-{date.today():%Y}"[:22] in table.headers["content-disposition"]
    assert table.content.startswith(b"\xef\xbb\xbf") and len(table.text.splitlines()) == 22
    package = zipfile.ZipFile(io.BytesIO(manager.get("/console/reports/open-data.zip").content))
    assert "datapackage.json" in package.namelist() and "ho-so-theo-tuan.csv" in package.namelist()
