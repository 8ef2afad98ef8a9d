"""A dossier over HTTP: found by code and PIN or by link, supplemented, withdrawn; the officer's desk and calendar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import update

from actions.dossiers.registry.requests import Wanted
from actions.dossiers.tables import DossierRow, LookupAttemptRow
from bot.access.model import Role
from common.clock import local_date
from tests.actions.dossiers.registry.support import ready_drafts
from tests.actions.dossiers.registry.test_supplements import PNG
from tests.bot.serving import Running, serving

PASSWORD = "mot-mat-khau-dai"
UNKNOWN = "H49-260101-9999"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home")) as service:
        service.context.accounts.add("hoa", Role.OFFICER, PASSWORD)
        service.context.accounts.add("lan", Role.AGENT, PASSWORD)
        yield service


@pytest.fixture(scope="module")
def codes(running: Running) -> Iterator[str]:
    """Dossiers, a fresh one each time."""
    room = running.context.dossiers
    drafts = ready_drafts(room, running.context.database, 12)
    return iter([room.submissions.submit(draft).code for draft in drafts])


@pytest.fixture
def code(codes: Iterator[str]) -> str:
    return next(codes)


@pytest.fixture
def citizen(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, trust_env=False, follow_redirects=True, timeout=30) as client:
        yield client


@pytest.fixture
def officer(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, trust_env=False, follow_redirects=True, timeout=30) as client:
        client.post("/console/login", data={"name": "hoa", "password": PASSWORD})
        yield client


@pytest.fixture(autouse=True)
def forgotten(running: Running) -> None:
    """Everybody here calls from one address."""
    with running.context.database.session() as session:
        session.execute(update(LookupAttemptRow).values(key="void"))


def desk(running: Running, code: str, *states: str) -> None:
    for state in states:
        running.context.dossiers.registry.advance(code, state, actor="hoa", note="lý do rõ ràng")


def csrf(page: httpx.Response) -> str:
    return re.findall(r'name="csrf" value="([^"]+)"', page.text)[-1]


def test_code_and_pin_open_the_page(running: Running, citizen: httpx.Client, code: str) -> None:
    desk(running, code, "received", "processing")
    assert "Mã hồ sơ" in citizen.get("/dossiers").text
    page = citizen.post("/dossiers", data={"code": code.lower(), "pin": "1234"})
    due = running.context.dossiers.registry.status(code).due_on
    assert page.status_code == 200 and f"Hồ sơ đang ở bước thẩm định, hẹn trả {due:%d/%m/%Y}." in page.text
    assert code not in page.url.path and page.url.path.startswith("/dossiers/")
    assert page.headers["referrer-policy"] == "no-referrer" and page.headers["cache-control"] == "no-store"
    assert "022190001234" not in page.text and "hoa" not in page.text


def test_without_the_pin_nothing_is_learnt(citizen: httpx.Client, code: str) -> None:
    answers = []
    for asked in (code, UNKNOWN):
        page = citizen.post("/dossiers", data={"code": asked, "pin": "9999"})
        api = citizen.get(f"/api/v1/dossiers/{asked}", params={"pin": "9999"})
        seen = {name: value for name, value in api.headers.items() if name not in ("date", "x-request-id")}
        body = {name: value for name, value in api.json().items() if name not in ("request_id", "instance")}
        answers.append((page.status_code, page.text.replace(asked, ""), api.status_code, body, seen))
    assert answers[0] == answers[1] and answers[0][0] == answers[0][2] == 404


def test_the_api_says_the_same_in_fields(running: Running, citizen: httpx.Client, code: str) -> None:
    running.context.dossiers.supplements.request(
        code, [Wanted("document", "Giấy chứng sinh", "Ảnh bị mờ")], actor="hoa")
    body = citizen.get(f"/api/v1/dossiers/{code}", params={"pin": "1234"}).json()
    assert (body["code"], body["status"], body["acts"]) == (code, "supplement_requested", "citizen")
    assert body["requests"][0]["subject"] == "Giấy chứng sinh" and body["summary"].startswith("Hồ sơ đang chờ")
    assert [entry["state"] for entry in body["timeline"]] == ["submitted", "supplement_requested"]


def test_a_supplement_on_the_page(running: Running, citizen: httpx.Client, code: str) -> None:
    room = running.context.dossiers
    room.supplements.request(code, [
        Wanted("document", "Giấy chứng sinh", "Ảnh bị mờ"), Wanted("field", "Nơi sinh", "Ghi đủ tên bệnh viện")],
        actor="hoa")
    path = room.pages.path(code)
    page = citizen.get(path)
    assert "Cần anh/chị bổ sung" in page.text and "Ảnh bị mờ" in page.text
    page = citizen.get(f"{path}/supplement")
    first, second = re.findall(r'action="([^"]+/supplement/\d+)"', page.text)
    wrong = citizen.post(first, files={"file": ("a.exe", b"MZ not a picture", "image/png")})
    assert wrong.status_code == 422 and 'role="alert"' in wrong.text
    assert citizen.post(first, data={"text": " "}).status_code == 422
    page = citizen.post(first, files={"file": ("chung sinh.png", PNG, "image/png")})
    assert "Đã gửi lúc" in page.text and room.registry.status(code).status == "supplement_requested"
    page = citizen.post(second, data={"text": "Bệnh viện Sản Nhi"})
    assert "đã nhận đủ giấy tờ bổ sung" in page.text and room.registry.status(code).status == "supplemented"
    assert citizen.post(second, data={"text": "lần nữa"}).status_code == 409


def test_withdrawing_needs_pin_and_confirmation(running: Running, citizen: httpx.Client, code: str) -> None:
    room = running.context.dossiers
    path = f"{room.pages.path(code)}/withdraw"
    assert "không mở lại được" in citizen.get(path).text
    assert "đánh dấu ô xác nhận" in citizen.post(path, data={"pin": "1234"}).text
    assert citizen.post(path, data={"pin": "9999", "sure": "yes"}).status_code == 404
    foreign = citizen.post(path, data={"pin": "1234", "sure": "yes"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403 and room.registry.status(code).status == "submitted"
    page = citizen.post(path, data={"pin": "1234", "sure": "yes", "reason": "Nộp nhầm"})
    assert "đã rút hồ sơ" in page.text and room.registry.status(code).status == "withdrawn"
    assert citizen.post(path, data={"pin": "1234", "sure": "yes"}).status_code == 409


def test_a_link_that_is_not_ours_is_a_page_in_plain_words(running: Running, citizen: httpx.Client, code: str) -> None:
    room = running.context.dossiers
    other = room.links.make("draft", code, timedelta(hours=1))
    for token in ("x" * 40, other, room.links.make("dossier", code, timedelta(seconds=-1))):
        page = citizen.get(f"/dossiers/{token}")
        assert page.status_code == 404 and "hết hạn hoặc không đúng" in page.text
    assert urlsplit(room.pages.address(code)).path.startswith("/dossiers/")


def test_the_officers_desk(running: Running, officer: httpx.Client, code: str) -> None:
    registry = running.context.dossiers.registry
    page = officer.get("/console/dossiers", params={"q": code[-4:]})
    assert code in page.text
    address = f"/console/dossiers/{code}"
    page = officer.get(address)
    assert "022190001234" not in page.text and "Tiếp nhận" in page.text
    shown = officer.post(f"{address}/reveal", data={"csrf": csrf(page)})
    assert "022190001234" in shown.text and "Xem thông tin cá nhân" in officer.get(address).text
    form = {"csrf": csrf(page), "seen": "submitted"}
    page = officer.post(f"{address}/advance", data={**form, "state": "received"})
    assert registry.status(code).status == "received"
    stale = officer.post(f"{address}/advance", data={**form, "state": "rejected", "note": "x"})
    assert stale.status_code == 409 and registry.status(code).status == "received"
    half = {"csrf": csrf(page), "form": "supplement", "pick-1": "field:Nơi sinh", "reason-1": ""}
    page = officer.post(f"{address}/supplement", data=half)
    assert page.status_code == 422 and "Ghi lý do cần bổ sung" in page.text and "checked" in page.text
    page = officer.post(f"{address}/supplement", data={
        **half, "reason-1": "Ghi đủ tên bệnh viện", "other": "Gọi lại cho cán bộ"})
    asked = registry.status(code).open_requests
    assert [(item.kind, item.subject) for item in asked] == [("field", "Nơi sinh"), ("other", "")]
    late = {"csrf": csrf(page), "reason": "Chờ xác minh của tỉnh khác", "expected_on": "hôm nay"}
    assert officer.post(f"{address}/late", data=late).status_code == 422
    assert officer.post(f"{address}/late", data={**late, "expected_on": ""}).status_code == 200
    assert "Chờ xác minh" in officer.get(address).text
    refused = {"csrf": csrf(page), "ground": "", "note": "Không đủ điều kiện"}
    assert officer.post(f"{address}/refuse", data=refused).status_code == 422
    officer.post(f"{address}/refuse", data={**refused, "ground": "Điều 16 Luật Hộ tịch"})
    assert registry.status(code).status == "rejected"


def test_late_dossiers_come_first(running: Running, officer: httpx.Client, codes: Iterator[str]) -> None:
    early, late = next(codes), next(codes)
    with running.context.database.session() as session:
        session.execute(update(DossierRow).where(DossierRow.code == late).values(
            due_on=local_date() - timedelta(days=30)))
    page = officer.get("/console/dossiers").text
    assert page.index(late) < page.index(early) and "Quá hẹn" in page
    assert early not in officer.get("/console/dossiers", params={"due": "late"}).text


def test_only_officers_and_only_with_the_forms_token(running: Running, officer: httpx.Client, code: str) -> None:
    address = f"/console/dossiers/{code}"
    for act in ("advance", "reveal", "supplement", "refuse", "late"):
        assert officer.post(f"{address}/{act}", data={"csrf": "x", "state": "received"}).status_code == 403
    agent = httpx.Client(base_url=running.url, trust_env=False, follow_redirects=True)
    agent.post("/console/login", data={"name": "lan", "password": PASSWORD})
    for path in (address, "/console/calendar"):
        assert agent.get(path).status_code == 403
        assert running.http.get(path).headers["location"] == "/console/login"


def test_staff_edit_the_calendar(running: Running, officer: httpx.Client) -> None:
    page = officer.get("/console/calendar")
    day = local_date() + timedelta(days=60)
    form = {"csrf": csrf(page), "day": day.isoformat(), "kind": "off", "reason": "Nghỉ theo văn bản của tỉnh"}
    assert officer.post("/console/calendar", data={**form, "reason": "x"}).status_code == 422
    assert officer.post("/console/calendar", data={**form, "day": "mai"}).status_code == 422
    page = officer.post("/console/calendar", data=form)
    assert page.status_code == 200 and "Nghỉ theo văn bản của tỉnh" in page.text and "hoa" in page.text
    assert not running.context.dossiers.calendar.today().is_working(day)
