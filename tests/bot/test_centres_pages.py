"""Centres and appointments over HTTP: pages without JavaScript, and the API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest

from actions.appointments.setup import Span
from actions.centres.editing import Facts
from common.clock import LOCAL
from tests.bot.serving import Running, serving

CENTRE, OTHER = "06673", "06652"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), engine=False, appointment_lead_minutes=0) as service:
        room = service.context.dossiers
        room.appointments.setup.add_template(CENTRE, range(7), Span("07:30", "11:30", 30, 2), "lan")
        # Weekends are closed, holidays too: whichever day this runs on, a weekday within the weeks ahead is open.
        room.centres.editor.save(OTHER, Facts(address="Số 1 đường Thử", phone="0203 3508 336"), "lan")
        yield service


def free_slot(running: Running, number: int = 0) -> str:
    days = running.http.get(f"/api/v1/centres/{CENTRE}/slots").json()["days"]
    slots = running.http.get(f"/api/v1/centres/{CENTRE}/slots", params={"day": days[1]["day"]}).json()["slots"]
    return str(slots[number]["starts_at"])


def test_all_54_centres_are_listed_and_each_has_a_page(running: Running) -> None:
    items = running.http.get("/api/v1/centres").json()["items"]
    assert len(items) == 54 and all(item["kind"] == "centre" for item in items)
    page = running.http.get("/centres").text
    assert page.count('href="/centres/0') == 54
    known = running.http.get(f"/centres/{OTHER}").text
    assert "Số 1 đường Thử" in known and 'href="tel:02033508336"' in known
    unknown = running.http.get(f"/centres/{CENTRE}").text
    assert "Chưa có thông tin" in unknown and "tel:" not in unknown
    assert running.http.get("/centres/99999").status_code == 404


@pytest.mark.parametrize(("typed", "said"), [
    ("bai chay", "Trung tâm Phục vụ hành chính công phường Bãi Cháy"),
    ("thị trấn cái rồng", "thuộc đặc khu Vân Đồn"), ("thanh pho ha long", "nay thuộc nhiều đơn vị"),
    ("phuong hong gay", "phường Hồng Gai"), ("Hà Nội", "chưa tìm thấy nơi nào tên là"),
    ("<script>", "chưa tìm thấy"),
])
def test_a_search_reads_what_people_type(running: Running, typed: str, said: str) -> None:
    page = running.http.get("/centres", params={"q": typed})
    assert page.status_code == 200 and said in page.text and "<script>" not in page.text.split("<main")[1]


def test_the_nearest_by_location(running: Running) -> None:
    items = running.http.get("/api/v1/centres", params={"lat": 21.054, "lon": 107.435, "count": 3}).json()["items"]
    assert items[0]["commune"]["name"] == "Đặc khu Vân Đồn" and items[0]["travel"]["way"] == "road"
    page = running.http.post("/centres", data={"lat": "20.865", "lon": "107.503"})
    assert "Phải đi tàu, phà" in page.text and "20.865" not in page.text
    assert "ngoài tỉnh" in running.http.post("/centres", data={"lat": "10.78", "lon": "106.7"}).text
    assert running.http.get("/api/v1/centres", params={"lat": 21}).status_code == 422
    assert running.http.post("/centres", data={"lat": "nan", "lon": "107"}).status_code in (200, 422)
    foreign = running.http.post("/centres", data={"lat": "21", "lon": "107"}, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403


def test_booked_moved_and_cancelled_over_the_api(running: Running) -> None:
    talk = running.open()
    path = f"{talk.path}/appointments"

    def call(method: str, below: str = "", **body: object) -> httpx.Response:
        return running.http.request(method, path + below, headers=talk.headers, json=body or None)

    start = free_slot(running)
    answer = call("POST", centre=CENTRE, starts_at=start, request_id="yeu-cau-1")
    booked = answer.json()
    assert answer.status_code == 201 and booked["state"] == "booked" and booked["starts_at"] == start
    assert call("POST", centre=CENTRE, starts_at=start, request_id="yeu-cau-1").json()["number"] == booked["number"]
    assert call("POST", centre=OTHER, starts_at=start, request_id="yeu-cau-2").status_code == 409
    moved = call("PUT", f"/{booked['number']}", centre=CENTRE, starts_at=free_slot(running, 3)).json()
    assert moved["starts_at"] != start and moved["number"] == booked["number"]
    file = running.http.get(f"{path}/{booked['number']}/calendar.ics", headers=talk.headers)
    assert file.headers["content-type"].startswith("text/calendar") and b"SEQUENCE:1" in file.content
    assert [item["number"] for item in call("GET").json()["items"]] == [booked["number"]]
    assert call("DELETE", f"/{booked['number']}").json()["state"] == "cancelled"
    assert call("GET").json()["items"] == []
    stranger = running.open()
    other = f"{stranger.path}/appointments/{booked['number']}"
    assert running.http.delete(other, headers=stranger.headers).status_code == 404
    assert running.http.get(path, headers=stranger.headers).status_code == 401


@pytest.mark.parametrize("body", [
    {}, {"centre": CENTRE}, {"centre": CENTRE, "starts_at": "hôm nay", "request_id": "12345678"},
    {"centre": CENTRE, "starts_at": "2026-11-24T08:00:00", "request_id": "12345678"},
    {"centre": CENTRE, "starts_at": "2026-11-24T08:00:00+07:00", "request_id": "1"},
    {"centre": CENTRE, "starts_at": "2099-11-24T08:00:00+07:00", "request_id": "12345678",
     "contact": {"name": "Vũ Hạnh"}},
])
def test_bad_requests_are_refused_in_words(running: Running, body: dict[str, object]) -> None:
    talk = running.open()
    answer = running.http.post(f"{talk.path}/appointments", headers=talk.headers, json=body)
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"


def test_a_page_books_moves_and_cancels_without_javascript(running: Running) -> None:
    talk = running.open()
    wording = running.context.dossiers.appointments.wording
    path = wording.new_path(talk.id)
    with running.http as http:
        first = http.get(path)
        day = re.findall(r'href="([^"]+day=[^"]+)"', first.text)[1].replace("&amp;", "&")
        times = http.get(day).text
        start = re.findall(r'name="starts_at" value="([^"]+)"', times)
        form = {"centre": CENTRE, "starts_at": start[-1], "key": re.findall(r'name="key" value="([^"]+)"', times)[0]}
        refused = http.post(path, data={**form, "name": "Vũ Thị Hạnh"})
        assert refused.status_code == 422 and "đánh dấu đồng ý" in refused.text
        assert 'value="Vũ Thị Hạnh"' in refused.text
        given = {**form, "name": "Vũ Thị Hạnh", "phone": "0912 345 678", "consent": "yes", "remind": "yes"}
        done = http.post(path, data=given)
        assert done.status_code == 303
        page = http.get(done.headers["location"]).text
        again = http.post(path, data=given).headers["location"]
        token = done.headers["location"].split("?")[0]
        assert "Đã đặt lịch hẹn." in page and "Nhắc tôi trước giờ hẹn</button>" not in page
        number = re.findall(r"Lịch hẹn ([A-Z0-9]{6})</h1>", page)[0]
        held = running.context.dossiers.appointments.bookings.upcoming(talk.id)
        assert number in http.get(again).text and len(held) == 1
        assert b"STATUS:CONFIRMED" in http.get(f"{token}/calendar.ics").content
        chosen = http.get(f"{token}/move", params={"day": start[0][:10]})
        other = re.findall(r'name="starts_at" value="([^"]+)"', chosen.text)[0]
        moved = http.post(f"{token}/move", data={"centre": CENTRE, "starts_at": other})
        assert "Đã đổi lịch hẹn." in http.get(moved.headers["location"]).text
        wrong = http.post(f"{token}/move", data={"centre": CENTRE, "starts_at": "không phải giờ"})
        assert wrong.status_code == 422 and "chưa chọn giờ hẹn" in wrong.text
        http.post(f"{token}/cancel")
        assert "Đã hủy" in http.get(token).text and b"METHOD:CANCEL" in http.get(f"{token}/calendar.ics").content
        assert http.post(f"{token}/remind").status_code == 409
    assert "Vũ Thị Hạnh" not in talk.messages().__repr__()


def test_a_foreign_link_opens_nothing(running: Running) -> None:
    for below in ("abc", "new/abc", "abc/move", "abc/calendar.ics"):
        assert running.http.get(f"/appointments/{below}").status_code == 404


def test_where_a_procedure_is_taken(running: Running) -> None:
    running.context.knowledge_base.load_shipped()
    assert running.http.get("/api/v1/procedures/1.001193/centres").json()["where"] == "any"
    assert running.http.get("/api/v1/procedures/9.999999/centres").status_code == 404
    soon = datetime.now(LOCAL) + timedelta(days=1)
    assert running.http.get(f"/api/v1/centres/{CENTRE}/slots", params={"day": f"{soon:%Y-%m-%d}"}).status_code == 200
