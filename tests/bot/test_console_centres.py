"""The console's pages of centres, appointments and assisted mode, over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from bot.access.model import Role
from common.clock import local_date, utc_now
from tests.bot.serving import Running, serving
from tests.bot.test_console import PASSWORD, hidden, sign_in
from tests.bot.test_notices_http import wait

CENTRE = "06673"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), engine=False, appointment_lead_minutes=0, quiet_hours="") as service:
        people = (("hoa", Role.OFFICER), ("bich", Role.ASSISTANT), ("thu", Role.ASSISTANT), ("lan", Role.AGENT))
        for name, role in people:
            service.context.accounts.add(name, role, PASSWORD)
        yield service


@pytest.fixture
def officer(running: Running) -> Iterator[httpx.Client]:
    client = sign_in(running, "hoa")
    yield client
    client.close()


@pytest.fixture
def assistant(running: Running) -> Iterator[httpx.Client]:
    client = sign_in(running, "bich")
    yield client
    client.close()


def csrf(client: httpx.Client, path: str) -> dict[str, str]:
    return {"csrf": hidden(client.get(path))["csrf"]}


def test_what_staff_fill_in_is_what_citizens_read(running: Running, officer: httpx.Client) -> None:
    path = f"/console/centres/{CENTRE}"
    facts = {
        **csrf(officer, path), "address": "Số 5 đường Mẫu", "lat": "20,9626", "lon": "107,0458",
        "phone": "0203 3508 336", "hours": "Mon-Fri 08:00-12:00; Sat 08:00-11:00", "takes": "",
    }
    saved = officer.post(path, data=facts)
    assert "Đã lưu" in saved.text and "hoa" in saved.text
    citizen = running.http.get(f"/centres/{CENTRE}").text
    assert "Số 5 đường Mẫu" in citizen and "geo:20.9626,107.0458" in citizen and "08:00–11:00" in citizen
    near = running.http.get("/api/v1/centres", params={"lat": 20.963, "lon": 107.046, "count": 1}).json()["items"][0]
    assert near["id"] == CENTRE and near["travel"]["to_office"]
    officer.post(path, data={**facts, "address": "", "phone": "", "lat": "", "lon": "", "hours": ""})
    assert "Chưa có thông tin" in running.http.get(f"/centres/{CENTRE}").text


@pytest.mark.parametrize(("field", "value", "said"), [
    ("phone", "gọi anh Ba", "Số điện thoại chưa đúng"), ("hours", "sáng chiều", "không đọc được"),
    ("lat", "20", "Tọa độ chưa đúng"), ("address", "x" * 400, "dài quá 300"), ("valid_from", "mai", "Ngày chưa đúng"),
])
def test_a_wrong_fact_is_refused_and_nothing_typed_is_lost(
    officer: httpx.Client, field: str, value: str, said: str
) -> None:
    path = f"/console/centres/{CENTRE}"
    answer = officer.post(path, data={**csrf(officer, path), "takes": "Nhận mọi việc", field: value})
    assert answer.status_code == 422 and said in answer.text and "Nhận mọi việc" in answer.text


def test_points_and_streets_are_added(running: Running, officer: httpx.Client) -> None:
    token = csrf(officer, "/console/centres")
    refused = officer.post("/console/centres", data={**token, "kind": "zone", "commune": CENTRE, "name": "Điểm số 1"})
    assert refused.status_code == 422 and "Vân Đồn hoặc Cô Tô" in refused.text
    added = officer.post("/console/centres", data={**token, "kind": "zone", "commune": "06994", "name": "Điểm số 1"})
    assert added.status_code == 200 and "Điểm số 1" in running.http.get("/centres", params={"q": "van don"}).text
    names = "/console/centres/names"
    for commune, detail in ((CENTRE, "từ số 1 đến 99"), ("06685", "từ số 100")):
        officer.post(names, data={**csrf(officer, names), "name": "Đường Mẫu", "commune": commune, "detail": detail})
    page = running.http.get("/centres", params={"q": "nha em o duong mau"}).text
    assert "phường Bãi Cháy (từ số 1 đến 99)" in page and "phường Hồng Gai (từ số 100)" in page
    twice = officer.post(names, data={**csrf(officer, names), "name": "đường mẫu", "commune": CENTRE})
    assert twice.status_code == 422
    own = officer.post(names, data={**csrf(officer, names), "name": "Bãi Cháy", "commune": CENTRE})
    assert own.status_code == 422 and "không cần thêm" in own.text
    number = re.findall(r"names/(\d+)/remove", officer.get(names).text)[0]
    officer.post(f"{names}/{number}/remove", data=csrf(officer, names))
    assert officer.get(names).text.count("/remove") == 1


def test_a_timetable_is_set_up_and_the_day_worked_off(
    running: Running, officer: httpx.Client, assistant: httpx.Client
) -> None:
    setup = f"/console/appointments/{CENTRE}/setup"
    span = {
        "weekday": [str(day) for day in range(7)], "opens": "00:00", "closes": "23:30", "minutes": "30",
        "capacity": "1",
    }
    short = {**csrf(officer, setup), **span, "closes": "00:10"}
    wrong = officer.post(f"/console/appointments/{CENTRE}/template", data=short)
    assert wrong.status_code == 422 and "Giờ chưa đúng" in wrong.text
    officer.post(f"/console/appointments/{CENTRE}/template", data={**csrf(officer, setup), **span})
    # Whatever day this runs on, it is a day of appointments until 23:30.
    # (In its last minutes no slot is left, so then it is tomorrow's, and nobody can have come yet.)
    date = local_date(utc_now() + timedelta(minutes=10))
    today = {"day": f"{date}", "opens": "00:00", "closes": "23:59", "minutes": "5", "capacity": "2"}
    officer.post(f"/console/appointments/{CENTRE}/exception", data={**csrf(officer, setup), **today})
    talk = running.open()
    slots = running.http.get(f"/api/v1/centres/{CENTRE}/slots", params={"day": f"{date}"}).json()["slots"]
    body = {"centre": CENTRE, "starts_at": slots[-1]["starts_at"], "request_id": "yeu-cau-1",
            "contact": {"name": "Vũ Thị Hạnh", "phone": "0912345678", "consent": True}}
    number = running.http.post(f"{talk.path}/appointments", headers=talk.headers, json=body).json()["number"]
    day = f"/console/appointments/{CENTRE}"
    page = assistant.get(day, params={"day": f"{date}"})
    assert number in page.text and "Vũ Thị Hạnh" in page.text
    second = {**body, "request_id": "yeu-cau-2", "contact": {**body["contact"], "phone": "0987654321"}}
    other = running.http.post(f"{talk.path}/appointments", headers=talk.headers, json=second).json()["number"]
    off = {**csrf(assistant, day), "number": other, "day": f"{date}", "reason": ""}
    refused = assistant.post(f"{day}/cancel", data=off)
    assert refused.status_code == 422 and "Ghi lý do hủy" in refused.text
    done = assistant.post(f"{day}/cancel", data={**off, "reason": "Mất điện cả ngày"})
    assert "Đã hủy 1 lịch hẹn" in done.text and other not in done.text
    told = [f"Nơi tiếp nhận đã hủy lịch hẹn {other}", "Mất điện cả ngày"]
    wait(lambda: any(all(part in said["text"] for part in told) for said in talk.messages()))
    came = {**csrf(assistant, day), "number": number, "state": "served", "day": f"{date}"}
    on_the_day = date == local_date()
    marked = assistant.post(f"{day}/mark", data=came)
    assert marked.status_code == (200 if on_the_day else 409)
    assert not on_the_day or ("Đã đến" in marked.text and "bich" in marked.text)
    closed = officer.post(f"/console/appointments/{CENTRE}/exception", data={
        **csrf(officer, setup), "day": f"{date + timedelta(days=1)}", "reason": "họp"})
    assert closed.status_code == 200 and "họp" in closed.text
    for kind in ("template", "exception"):
        rows = re.findall(rf"/{kind}/(\d+)/remove", officer.get(setup).text)
        for row in rows:
            officer.post(f"/console/appointments/{CENTRE}/{kind}/{row}/remove", data=csrf(officer, setup))
    assert "/remove" not in officer.get(setup).text


def test_help_at_a_counter_is_recorded_and_bounded(
    running: Running, assistant: httpx.Client, officer: httpx.Client
) -> None:
    path = "/console/assisted"
    given = {"point": CENTRE, "form": "khai_sinh", "citizen": "Phạm Văn Lộc"}
    refused = assistant.post(path, data={**csrf(assistant, path), **given})
    assert refused.status_code == 422 and "đánh dấu" in refused.text and "Phạm Văn Lộc" in refused.text
    begun = assistant.post(path, data={**csrf(assistant, path), **given, "consent": "yes"}, follow_redirects=False)
    form = begun.headers["location"]
    page = running.http.get(form)
    assert page.status_code == 200 and "bich nhập cho Phạm Văn Lộc" in page.text
    audit = officer.get(path).text
    assert "bich" in audit and "ho-tro-1" in audit and "Phạm Văn Lộc" not in audit
    other = sign_in(running, "thu")
    assert "bich" not in other.get(path).text.split("<h2>")[1]
    session = re.findall(r"assisted/(\w+)/end", assistant.get(path).text)[0]
    assert other.post(f"{path}/{session}/end", data=csrf(other, path)).status_code == 404
    assistant.post(f"{path}/{session}/end", data=csrf(assistant, path))
    over = running.http.get(form)
    assert over.status_code == 409 and "đã kết thúc" in over.text and "Phạm Văn Lộc" not in over.text


def test_roles_bound_what_counter_staff_see(running: Running, assistant: httpx.Client) -> None:
    assert assistant.get("/console/").url.path == "/console/assisted"
    for path in ("/console/conversations", "/console/dossiers", "/console/unanswered", "/console/centres",
                 f"/console/appointments/{CENTRE}/setup"):
        assert assistant.get(path).status_code == 403, path
    agent = sign_in(running, "lan")
    for path in ("/console/assisted", "/console/appointments", "/console/centres"):
        assert agent.get(path).status_code == 403, path


def test_a_form_without_the_sessions_token_changes_nothing(running: Running, officer: httpx.Client) -> None:
    for path in (f"/console/centres/{CENTRE}", "/console/centres", "/console/centres/names", "/console/assisted",
                 f"/console/appointments/{CENTRE}/template", f"/console/appointments/{CENTRE}/mark"):
        body = {"number": "ABCDEF", "state": "served"}
        assert officer.post(path, data={**body, "csrf": "x"}).status_code == 403, path
