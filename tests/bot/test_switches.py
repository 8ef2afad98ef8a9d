"""The kill switch and announcements: what citizens and staff see, in every replica within two seconds."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from bot.access.model import Role
from bot.switches.board import FRESH_S, Kind, Level, Switches
from bot.switches.tables import SwitchRow
from common.clock import to_local, utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound
from tests.bot.serving import Running, serving
from tests.template import empty_database

PASSWORD = "mot-mat-khau-dai"
PAGE = "/console/switches"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home")) as service:
        service.context.accounts.add("quan.ly", Role.MANAGER, PASSWORD)
        yield service


@pytest.fixture(scope="module")
def manager(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, trust_env=False, follow_redirects=True, timeout=30) as client:
        client.post("/console/login", data={"name": "quan.ly", "password": PASSWORD})
        yield client


def sends(client: httpx.Client, path: str = PAGE, **values: str) -> httpx.Response:
    token = re.findall(r'name="csrf" value="([^"]+)"', client.get(PAGE).text)[-1]
    return client.post(path, data={"csrf": token, **values})


def first_said(turn: dict[str, Any]) -> dict[str, Any]:
    """The first thing said to the citizen in a turn; the desk may add where they stand in its queue."""
    said: dict[str, Any] = next(message for message in turn["messages"] if message["author"] != "citizen")
    return said


def ends(client: httpx.Client) -> httpx.Response:
    """Presses the first "Mở lại" or "Gỡ" of the page."""
    action = re.findall(rf'action="({PAGE}/(?:notices/\d+/end|\d+/on))"', client.get(PAGE).text)[0]
    return sends(client, action)


def test_the_bot_falls_silent_and_people_get_the_messages(running: Running, manager: httpx.Client) -> None:
    talk = running.open()
    assert talk.say("khai sinh").json()["status"] != "handed_off"
    assert sends(manager, what="bot").status_code == 422, "a reason is asked for"
    kept = sends(manager, what="bot", reason="trả lời sai lệ phí", until="2020-01-01T08:00")
    assert kept.status_code == 422 and "trả lời sai lệ phí</textarea>" in kept.text
    page = sends(manager, what="bot", reason="trả lời sai <lệ phí>")
    assert "Trợ lý tự động, mọi kênh" in page.text and "&lt;lệ phí&gt;" in page.text
    assert sends(manager, what="bot", reason="lần nữa").status_code == 409

    answer = talk.say("lệ phí bao nhiêu, số của em 022190001234").json()
    said = first_said(answer)
    assert (answer["status"], answer["owner"]) == ("handed_off", "waiting")
    assert "tạm ngừng" in said["text"] and "số phiếu" in said["text"] and "lệ phí>" not in said["text"]
    assert not [button for button in said.get("buttons", []) if "payload" in button]
    ticket = running.context.tickets.waiting(talk.id)
    assert ticket and ticket.reason == "bot_off" and "lệ phí bao nhiêu" in ticket.need
    assert "022190001234" not in ticket.need
    second = talk.say("con em 3 tháng rồi").json()
    assert second["status"] == "handed_off" and "chuyển thêm" in first_said(second)["text"]
    assert running.context.tickets.waiting(talk.id).number == ticket.number

    assert "Không có mục nào đang tạm ngừng" in ends(manager).text
    assert talk.say("khai sinh").json()["status"] != "handed_off"
    acts = running.context.audit.page(subject="bot")
    assert [(act.action, act.reason) for act in acts] == [("switch.on", ""), ("switch.off", "trả lời sai <lệ phí>")]


def test_one_channel_alone(running: Running, manager: httpx.Client) -> None:
    sends(manager, what="channel:zalo", reason="Zalo đổi khóa")
    talk = running.open()
    assert talk.say("khai sinh").json()["status"] != "handed_off"
    assert running.context.switches.state().bot("zalo")
    ends(manager)
    sends(manager, what="channel:web", reason="đang sửa")
    assert "ở kênh này" in first_said(talk.say("khai sinh").json())["text"]
    ends(manager)
    for odd in ("channel:fax", "guide", "", "everything"):
        assert sends(manager, what=odd, target="9.999999", reason="x").status_code == 422, odd


def test_a_turn_costs_no_query_of_its_own(running: Running) -> None:
    switches, seen = running.context.switches, []
    note = lambda _c, _cur, statement, *_: seen.append(statement)  # noqa: E731
    event.listen(running.context.database.engine, "before_cursor_execute", note)
    try:
        switches.state()
        seen.clear()
        begun = time.monotonic()
        for _ in range(1000):
            switches.state().bot("web")
            switches.withheld("1.000001")
        reads = sum("FROM switches" in statement for statement in seen)
        assert reads <= (time.monotonic() - begun) / FRESH_S + 1
    finally:
        event.remove(running.context.database.engine, "before_cursor_execute", note)


def test_announcements(running: Running, manager: httpx.Client) -> None:
    def announced() -> list[dict[str, str]]:
        listed: list[dict[str, str]] = running.http.get("/api/v1/notices").json()["notices"]
        return listed

    now = to_local(utc_now())
    later, past = f"{now + timedelta(hours=2):%Y-%m-%dT%H:%M}", f"{now - timedelta(hours=2):%Y-%m-%dT%H:%M}"
    wrong = sends(manager, f"{PAGE}/notices", level="notice", text="Bảo trì", ends_at=past)
    assert wrong.status_code == 422 and "Bảo trì</textarea>" in wrong.text
    assert sends(manager, f"{PAGE}/notices", level="loud", text="x", ends_at=later).status_code == 422
    assert sends(manager, f"{PAGE}/notices", level="notice", text="x", ends_at="mai").status_code == 422
    assert announced() == []
    sends(manager, f"{PAGE}/notices", level="notice", text="Bảo trì tối nay", starts_at=past, ends_at=later)
    sends(manager, f"{PAGE}/notices", level="emergency", text="Bão số 9: <b>các trung tâm đóng cửa</b>", ends_at=later)
    sends(manager, f"{PAGE}/notices", level="notice", text="Chưa đến", starts_at=later,
          ends_at=f"{now + timedelta(days=2):%Y-%m-%dT%H:%M}")
    assert [one["level"] for one in announced()] == ["emergency", "notice"]
    page = running.http.get("/forms").text
    assert "Khẩn cấp:" in page and "&lt;b&gt;" in page and "Chưa đến" not in page
    assert "Chưa đến" in manager.get(PAGE).text
    for _ in range(3):
        ends(manager)
    assert announced() == [] and "Bảo trì tối nay" not in running.http.get("/forms").text
    subjects = {act.subject for act in running.context.audit.page(action="notice")}
    assert len(subjects) == 3


def test_replicas_follow_and_time_ends_things(tmp_path: Path) -> None:
    database = empty_database(tmp_path)
    here, there = Switches(database), Switches(database)
    assert there.state().guide("1.001193") is None
    here.off(Kind.GUIDE, "1.001193", "sai lệ phí", "chu", until=utc_now() + timedelta(minutes=5))
    assert here.withheld("1.001193"), "at once where it was done"
    begun = time.monotonic()
    while not there.withheld("1.001193"):
        assert time.monotonic() - begun < 2, "effective in every replica within two seconds"
        time.sleep(0.05)
    assert not here.withheld("1.001194") and here.state().bot("web") is None
    assert there.state().guide("1.001193", utc_now() + timedelta(minutes=6)) is None, "it ends by itself"
    with database.session() as session:
        session.get(SwitchRow, 1).until = utc_now() - timedelta(seconds=1)
    here.off(Kind.GUIDE, "1.001193", "lại sai", "chu")  # the earlier one is over
    with pytest.raises(Conflict):
        here.off(Kind.GUIDE, "1.001193", "lần ba", "chu")
    here.on(2, "chu")
    for wrong, error in ((2, Conflict), (99, NotFound)):
        with pytest.raises(error):
            here.on(wrong, "chu")
    with pytest.raises(InvalidInput):
        here.announce(Level.NOTICE, "x" * 501, utc_now(), utc_now() + timedelta(days=1), "chu")
    with pytest.raises(InvalidInput):
        here.announce(Level.NOTICE, "quá lâu", utc_now(), utc_now() + timedelta(days=400), "chu")
    database.dispose()
    away = Switches(Database(f"sqlite:///{tmp_path / 'nowhere' / 'isee.db'}"))
    assert away.state().bot("web") is None, "citizens are answered while the database is away"
