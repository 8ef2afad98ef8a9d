"""The console's Zalo page over HTTP: connecting, alarms, events given up, messages that did not arrive; and the doctor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import yaml

from bot.access.model import Role
from bot.cli.doctor import findings
from bot.console.zalo import routes
from bot.zalo.errors import alarm_says
from bot.zalo.events import TEMPLATES, WANTED, read
from bot.zalo.tables import ZaloEventRow, ZaloPartRow
from common.clock import utc_now
from tests.bot.serving import Running, serving
from tests.bot.zalo.sim import BA_TU, Simulated, settings_of, simulated

PASSWORD = "mot-mat-khau-dai"
HERE = "/console/zalo"


@pytest.fixture(scope="module")
def zalo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    with simulated(tmp_path_factory.mktemp("sim"), "http://127.0.0.1:9") as simulator:
        yield simulator


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, zalo: Simulated) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings_of(zalo).items():
            patch.setenv(name, value)
        with serving(tmp_path_factory.mktemp("home"), engine=False) as service:
            service.context.accounts.add("mai", Role.MANAGER, PASSWORD)
            yield service


@pytest.fixture(scope="module")
def manager(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=running.url, timeout=20, follow_redirects=True, transport=httpx.HTTPTransport(verify=False)
    ) as client:
        client.post("/console/login", data={"name": "mai", "password": PASSWORD})
        yield client


def posts(client: httpx.Client, path: str) -> httpx.Response:
    csrf = re.findall(r'name="csrf" value="([^"]+)"', client.get(HERE).text)[-1]
    return client.post(f"{HERE}{path}", data={"csrf": csrf})


def actions(running: Running) -> list[str]:
    return [entry.action for entry in running.context.audit.page(action="zalo")]


def seen_by_doctor(running: Running) -> tuple[bool, str]:
    found = next(one for one in findings(running.context.settings) if one.what == "Zalo")
    return found.ok, found.seen


def test_connecting_goes_to_the_platform_and_back(running: Running, manager: httpx.Client, zalo: Simulated) -> None:
    assert "chưa cấp quyền" in manager.get(HERE).text
    assert seen_by_doctor(running) == (False, "chưa có quyền truy cập")
    page = posts(manager, "/connect").text
    address = re.search(r'href="(http[^"]+/v4/oa/permission[^"]+)"', page)
    assert address
    url = httpx.URL(address[1].replace("&amp;", "&"))
    with zalo.http as http:
        assert http.get(url).status_code == 200
        back = http.post("/v4/oa/permission", data=dict(url.params)).headers["location"]
    assert "Đã kết nối" in manager.get(back).text
    assert "đang dùng được" in manager.get(HERE).text
    assert actions(running)[:2] == ["zalo.consent", "zalo.consent_begun"]
    assert seen_by_doctor(running) == (True, "đã kết nối")


def test_the_platform_is_asked_and_its_refusal_is_told(
    running: Running, manager: httpx.Client, zalo: Simulated
) -> None:
    page = posts(manager, "/check").text
    assert "đã xác thực" in page and "500/500" in page
    zalo.faults(fail_next=10)
    assert posts(manager, "/check").status_code == 409
    zalo.faults()


def test_an_alarm_is_shown_and_closed(running: Running, manager: httpx.Client) -> None:
    running.context.zalo.alarms.raise_("quota", "-211 Hết hạn mức")
    assert "Hết hạn mức gửi tin tính phí" in manager.get(HERE).text
    assert seen_by_doctor(running)[0] is False
    assert "Hết hạn mức" not in posts(manager, "/alarms/quota/clear").text
    assert actions(running)[0] == "zalo.alarm_clear"


def test_what_an_alarm_adds_is_told_in_words(running: Running, manager: httpx.Client) -> None:
    alarms = running.context.zalo.alarms
    alarms.raise_("zalo_signature", "an event without a signature")
    alarms.raise_("zalo_stale_event", "user_send_text")
    page = manager.get(HERE).text
    assert "Sự kiện không có chữ ký." in page and "without a signature" not in page
    assert "Tin nhắn</span>" in page and "user_send_text" not in page
    assert alarms.clear("zalo_signature") and alarms.clear("zalo_stale_event")


@pytest.mark.parametrize("kind", [*(f"zalo_{name}" for name in sorted(TEMPLATES)), "zalo_media_host"])
def test_every_alarm_of_an_event_has_a_sentence(kind: str) -> None:
    assert alarm_says(kind) != kind


def test_every_event_has_a_name_for_staff() -> None:
    words = yaml.safe_load(Path(routes.__file__).with_name("words.yml").read_text("utf-8"))
    assert words["events"].keys() == WANTED


def test_an_event_that_was_given_up_is_tried_again_or_dropped(running: Running, manager: httpx.Client) -> None:
    account = running.context.zalo.settings
    numbers = []
    for number in range(2):
        body = {"event_name": "user_send_sticker", "timestamp": "1", "sender": {"id": BA_TU},
                "recipient": {"id": account.oa_id}, "message": {"msg_id": f"dead{number}"}}
        event = read(body, oa_id=account.oa_id, app_id=account.app_id)
        running.context.zalo.queue.store([(event, b"{}")])
        with running.context.database.session() as session:
            row = session.query(ZaloEventRow).filter_by(key=event.key).one()
            row.state, row.error, row.tries = "dead", "TimeoutError", 6
            numbers.append(row.id)
    page = manager.get(HERE).text
    assert page.count("Nhãn dán") == 2 and "TimeoutError" in page and BA_TU not in page
    posts(manager, f"/events/{numbers[0]}/retry")
    posts(manager, f"/events/{numbers[1]}/drop")
    assert actions(running)[:2] == ["zalo.event_drop", "zalo.event_retry"]
    assert posts(manager, f"/events/{numbers[1]}/drop").status_code == 409
    assert "TimeoutError" not in manager.get(HERE).text


def test_a_message_that_did_not_arrive_says_why_and_not_what(running: Running, manager: httpx.Client) -> None:
    talk_id = running.open().id
    with running.context.database.session() as session:
        session.add(ZaloPartRow(
            user_id=BA_TU, conversation_id=talk_id, message_id="m1", kind="text", body={"text": "lời riêng"},
            author="bot", state="failed", code=-230, created_at=utc_now() - timedelta(hours=1)))
    page = manager.get(HERE).text
    assert "Quá 7 ngày" in page and f"/console/conversations/{talk_id}" in page and "lời riêng" not in page


def test_a_channel_that_is_off_says_how_to_begin(running: Running, manager: httpx.Client) -> None:
    room, context = running.context.zalo, running.context
    csrf = re.findall(r'name="csrf" value="([^"]+)"', manager.get(HERE).text)[0]
    context.zalo = replace(room, settings=room.settings.model_copy(update={"enabled": False}))
    try:
        assert "isee zalo-sim" in manager.get(HERE).text
        assert manager.post(f"{HERE}/connect", data={"csrf": csrf}).status_code == 409
    finally:
        context.zalo = room
