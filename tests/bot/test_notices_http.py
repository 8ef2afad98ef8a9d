"""Notices and rights through the real service: a change reaches the event stream, a page takes it back, an erasure
leaves nothing."""

from __future__ import annotations

import io
import json
import re
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pypdf import PdfReader

from actions.companion.bundle import Dossiers
from actions.companion.rights_chat import KIND as RIGHTS
from actions.notices.cards import KIND as NOTICES
from bot.access.model import Role
from bot.gateway.retention import Eraser, Kept
from bot.own_data import join
from common.clock import utc_now
from common.database import Database
from tests.actions.dossiers.citizen import KHAI_SINH
from tests.bot.serving import Running, Talk, serving
from tests.postgres import sqlite_only

NAME, PHONE, PERSON = "Nghiêm Thị Tuyết Trinh", "0936518274", "022184061927"
ANSWERS = [NAME, PERSON, PHONE, *KHAI_SINH[3:]]
HOUR_DELTA = timedelta(hours=1)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), quiet_hours="") as service:
        context, room = service.context, service.context.dossiers
        # As `bot.wiring.assemble` does, which needs the built index.
        erasers = [room.drafts.erase, room.access.forget, room.notices.erase, room.outbox.erase, context.trackers.erase]
        context.eraser = Eraser(context.store, erasers, (), Kept(room.notices.waits))
        join(room.rights, context.store, context.reveal, context.eraser)
        context.accounts.add("hoa", Role.OFFICER, "mot-mat-khau-dai")
        yield service


@pytest.fixture
def room(running: Running) -> Dossiers:
    return running.context.dossiers


def submits(room: Dossiers, talk: Talk) -> str:
    """A dossier with fictional values, submitted from this conversation."""
    room.drafts.start(talk.id, "khai_sinh")
    room.drafts.consent(talk.id, True)
    for answer in ANSWERS:
        draft = room.drafts.prompt(talk.id)
        if answer == "bỏ qua":
            room.drafts.skip(talk.id)
        else:
            room.drafts.apply(talk.id, answer)
        assert room.drafts.prompt(talk.id).field != draft.field, (answer, room.drafts.prompt(talk.id).notice)
    return room.submissions.submit(room.drafts.prompt(talk.id).id).code


def test_a_change_of_state_is_heard_in_the_event_stream(running: Running, room: Dossiers, talk: Talk) -> None:
    code = submits(room, talk)
    room.notices.choose(talk.id, "dossier", True)
    heard = Stream(running, talk)
    room.registry.advance(code, "received", actor="hoa")
    room.registry.advance(code, "processing", actor="hoa")
    room.registry.advance(code, "supplement_requested", actor="hoa", note="Ảnh mờ, gọi lại số 0977240516")
    (notice,) = heard.until(lambda message: "cần bổ sung" in message["text"])
    assert notice["author"] == "system"
    assert code in notice["text"]
    assert "0977240516" not in json.dumps(heard.messages, ensure_ascii=False)
    (link,) = [button["url"] for button in notice["buttons"] if "url" in button]
    assert running.http.get(httpx.URL(link).path).status_code == 200
    # Unread state and polling see the same message.
    assert notice in talk.messages()
    texts = [message["text"] for message in talk.messages()]
    assert len([text for text in texts if "cần bổ sung" in text]) == 1


def test_a_person_at_the_conversation_keeps_it(running: Running, room: Dossiers, talk: Talk) -> None:
    code = submits(room, talk)
    room.notices.choose(talk.id, "dossier", True)
    desk = running.context.desk.acts
    epoch = desk.take(talk.id, "hoa", 0).epoch
    room.registry.advance(code, "received", actor="hoa")
    wait(lambda: any(message["author"] == "system" for message in talk.messages()))
    desk.say(talk.id, "hoa", epoch, "Chào anh/chị, tôi xem hồ sơ ngay.")
    assert running.context.store.get(talk.id).owner == "agent"
    assert talk.messages()[-1]["author"] == "agent"


def test_the_notices_page_turns_on_and_off_and_keeps_reminders(running: Running, room: Dossiers, talk: Talk) -> None:
    path = f"/notices/{room.links.make(NOTICES, talk.id, HOUR_DELTA)}"
    page = running.http.get(path)
    assert page.status_code == 200
    assert "26/2023/QH15" in page.text
    send(running, f"{path}/choices", purpose="dossier", given="yes")
    assert room.notices.choices(talk.id)["dossier"].given
    refused = running.http.post(f"{path}/reminders", data={"item": "passport", "on": "05/03/2031"})
    assert (refused.status_code, "đánh dấu" in refused.text) == (422, True)
    send(running, f"{path}/reminders", item="passport", on="05/03/2031", agree="yes", name="hộ chiếu của con")
    (reminder,) = room.notices.reminders(talk.id)
    shown = running.http.get(path).text
    assert "Hộ chiếu của con" in shown
    assert "05/03/2031" in shown
    event = running.http.get(f"{path}/reminders/{reminder.id}.ics")
    assert "BEGIN:VALARM" in event.text
    assert event.headers["content-type"].startswith("text/calendar")
    send(running, f"{path}/reminders/{reminder.id}/cancel")
    assert room.notices.reminders(talk.id) == []
    send(running, f"{path}/choices", purpose="all")
    assert not any(choice.given for choice in room.notices.choices(talk.id).values())
    foreign = running.http.post(f"{path}/choices", data={"purpose": "all"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert running.http.get("/notices/xyz").status_code == 404


def test_reminders_and_choices_over_the_api(running: Running, talk: Talk) -> None:
    http, head = running.http, talk.headers
    assert http.put(f"{talk.path}/notices", json={"purpose": "dossier", "given": True}, headers=head).status_code == 204
    assert http.get(f"{talk.path}/notices", headers=head).json()["dossier"]["given"]
    made = http.post(
        f"{talk.path}/reminders", json={"item": "identity_card", "by": "birth", "on": "2008-03-05"}, headers=head)
    assert (made.status_code, made.json()["status"], made.json()["due"]) == (201, "set", "2033-03-05")
    (listed,) = http.get(f"{talk.path}/reminders", headers=head).json()
    assert http.delete(f"{talk.path}/reminders/{listed['id']}", headers=head).status_code == 204
    assert http.delete(f"{talk.path}/reminders/{listed['id']}", headers=head).status_code == 404
    wrong = http.post(f"{talk.path}/reminders", json={"item": "x", "on": "2030-01-01"}, headers=head)
    assert wrong.status_code == 422
    for method, path in (("GET", "data"), ("GET", "data/export"), ("DELETE", "data"), ("GET", "reminders")):
        assert http.request(method, f"{talk.path}/{path}").status_code == 401


def test_the_export_holds_everything_for_people_and_machines(running: Running, room: Dossiers, talk: Talk) -> None:
    code = submits(room, talk)
    talk.say("xin chào em")
    room.drafts.start(talk.id, "ket_hon")
    room.drafts.consent(talk.id, True)
    room.drafts.apply(talk.id, "Lương Văn Khôi")
    answer = running.http.get(f"{talk.path}/data/export", headers=talk.headers)
    files = zipfile.ZipFile(io.BytesIO(answer.content))
    assert set(files.namelist()) == {"du-lieu.json", "du-lieu.html", "du-lieu.pdf"}
    data = json.loads(files.read("du-lieu.json"))
    sections = {section["id"]: section for section in data["sections"]}
    assert set(sections) == {
        "chat", "drafts", "checklists", "appointments", "dossiers", "reminders", "consents", "requests"}
    assert all(section["purpose"] and section["basis"] and section["until"] for section in sections.values())
    page = files.read("du-lieu.html").decode()
    for value in (code, NAME, PERSON, "Lương Văn Khôi", "xin chào em"):
        assert value in page
        assert value in json.dumps(data, ensure_ascii=False)
    pages = PdfReader(io.BytesIO(files.read("du-lieu.pdf"))).pages
    assert code in "".join(page.extract_text() for page in pages)
    assert [item["kind"] for item in running.http.get(f"{talk.path}/data/requests", headers=talk.headers).json()] == [
        "export"]


def test_a_link_alone_shows_no_personal_value(running: Running, room: Dossiers, talk: Talk) -> None:
    code = submits(room, talk)
    other = running.open()
    assert PERSON not in running.http.get(f"{other.path}/data", headers=other.headers).text
    room.access.grant(other.id, code, "link")
    seen = running.http.get(f"{other.path}/data", headers=other.headers).text
    assert code in seen
    assert PERSON not in seen
    room.access.forget(other.id)
    room.access.grant(other.id, code, "pin")
    assert PERSON in running.http.get(f"{other.path}/data", headers=other.headers).text


def test_a_correction_reaches_an_officer_with_its_dates(running: Running, room: Dossiers, talk: Talk) -> None:
    code = submits(room, talk)
    path = f"/rights/{room.links.make(RIGHTS, talk.id, HOUR_DELTA)}"
    page = running.http.get(path)
    assert NAME in page.text
    done = send(running, f"{path}/correct", dossier=code, what="Số điện thoại đúng là 0912000111")
    assert "Em đã nhận yêu cầu" in done.text
    wrong = running.http.post(f"{path}/correct", data={"dossier": "H49-200101-9999", "what": "sửa tên"})
    assert wrong.status_code == 404
    (request,) = [item for item in room.rights.log.of(talk.id) if item.kind == "correct"]
    assert (request.due_on - utc_now().date()).days <= 11
    client = sign_in(running)
    shown = client.get("/console/rights")
    assert "0912000111" in shown.text
    csrf = re.findall(r'name="csrf" value="([^"]+)"', shown.text)[-1]
    client.post(f"/console/rights/{request.number}/acknowledged", data={"csrf": csrf})
    client.post(f"/console/rights/{request.number}/done", data={"csrf": csrf, "note": "Đã sửa"})
    (request,) = [item for item in room.rights.log.of(talk.id) if item.kind == "correct"]
    assert (request.state, request.actor, request.body["outcome"]) == ("done", "hoa", "Đã sửa")


def test_failed_work_is_shown_and_tried_again(running: Running, room: Dossiers) -> None:
    outbox, database = room.outbox, running.context.database
    outbox.handle("test.fails", lambda _entry: (_ for _ in ()).throw(RuntimeError("máy chủ thư từ chối")))
    with database.session() as session:
        outbox.put(session, "test.fails", "k1", "H49-1", {})
    exhaust(database)
    wait(lambda: outbox.failed())
    client = sign_in(running)
    page = client.get("/console/outbox")
    assert "máy chủ thư từ chối" in page.text
    number = outbox.failed()[0].id
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page.text)[-1]
    assert client.post(f"/console/outbox/{number}/retry", data={"csrf": "x"}).status_code == 403
    assert client.post(f"/console/outbox/{number}/retry", data={"csrf": csrf}).status_code == 200
    assert all(row.id != number for row in outbox.failed())


@sqlite_only
def test_after_erasing_nothing_is_left_but_what_must_be(running: Running, room: Dossiers, talk: Talk) -> None:
    typed = "cụ Phùng Bá Quát ở ngõ Hàng Than"
    talk.say(f"{typed} hỏi làm giấy gì")
    room.notices.mail_to(talk.id, "quat.phung@example.org")
    send(running, f"/notices/{room.links.make(NOTICES, talk.id, HOUR_DELTA)}/reminders",
         item="passport", on="07/09/2033", agree="yes", name="hộ chiếu cụ Quát")
    code = submits(room, talk)
    room.drafts.start(talk.id, "ket_hon")
    room.drafts.consent(talk.id, True)
    room.drafts.apply(talk.id, "Phùng Bá Quát")
    home = running.context.settings.home
    running.context.database.fold()
    assert found(home, typed), "the conversation holds what was typed"
    path = f"/rights/{room.links.make(RIGHTS, talk.id, HOUR_DELTA)}"
    unsure = running.http.post(f"{path}/erase")
    assert unsure.status_code == 422
    page = running.http.post(f"{path}/erase", data={"sure": "yes"})
    assert page.status_code == 200
    assert code in page.text
    assert "lưu trữ" in page.text
    assert talk.say("còn đó không").status_code == 401
    running.context.database.fold()
    for value in (typed, "Phùng Bá Quát", "quat.phung", "07/09/2033", "2033-09-07", NAME, PERSON, PHONE):
        assert not found(home, value), value
    database = running.context.database
    assert rows_of(database, talk.id) == {"dossiers", "dossier_files", "dossier_drafts"} & rows_of(database, talk.id)
    # The dossier is the office's: kept, sealed, and still found by its officers.
    assert any(field.value == NAME for field in room.registry.show(code, reveal_to="hoa").fields)
    (request,) = [item for item in room.rights.log.all() if item.body.get("kept") == [code]]
    assert request.state == "done"


def test_an_erasure_from_the_chat_comes_after_its_turn(running: Running, room: Dossiers, talk: Talk) -> None:
    number = room.rights.erase_soon(talk.id).number
    assert talk.say("một câu nữa").status_code == 200
    wait(lambda: talk.say("và nữa").status_code == 401, seconds=30)
    wait(lambda: next(item for item in room.rights.log.all() if item.number == number).state == "done", seconds=30)


def test_a_conversation_with_a_reminder_loses_its_words_and_stays(running: Running, room: Dossiers, talk: Talk) -> None:
    talk.say("câu chuyện rất cũ")
    made = {"item": "passport", "on": "2031-03-05"}
    assert running.http.post(f"{talk.path}/reminders", json=made, headers=talk.headers).status_code == 201
    other = running.open()
    running.context.eraser.erase_older_than(0)
    assert talk.messages() == []
    assert len(room.notices.reminders(talk.id)) == 1
    assert running.http.get(f"{other.path}/messages", headers=other.headers).status_code == 401


class Stream:
    """Listens to a conversation's events from now on."""

    def __init__(self, running: Running, talk: Talk) -> None:
        self.messages: list[dict[str, Any]] = []
        self._ready = threading.Event()
        threading.Thread(target=self._listen, args=(running, talk), daemon=True).start()
        assert self._ready.wait(20)

    def until(self, wanted: Any) -> list[dict[str, Any]]:
        wait(lambda: any(map(wanted, self.messages)))
        return [message for message in self.messages if wanted(message)]

    def _listen(self, running: Running, talk: Talk) -> None:
        with suppress(httpx.HTTPError), running.http.stream(
            "GET", f"{talk.path}/events", headers=talk.headers, timeout=90
        ) as events:
            name = ""
            for line in events.iter_lines():
                if line.startswith("event:"):
                    name = line.removeprefix("event:").strip()
                    self._ready.set()
                elif line.startswith("data:") and name == "message":
                    self.messages.append(json.loads(line.removeprefix("data:")))


def send(running: Running, path: str, **fields: str) -> httpx.Response:
    """A form of a page, and the page that follows."""
    with httpx.Client(base_url=running.url, trust_env=False, follow_redirects=True, timeout=60) as client:
        answer = client.post(path, data=fields)
    assert answer.status_code == 200, answer.text
    return answer


def sign_in(running: Running) -> httpx.Client:
    client = httpx.Client(base_url=running.url, trust_env=False, follow_redirects=True, timeout=60)
    client.post("/console/login", data={"name": "hoa", "password": "mot-mat-khau-dai"})
    return client


def wait(reached: Any, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < until
        time.sleep(0.1)


def found(home: Path, value: str) -> list[str]:
    """Files of the home folder (database, its log, uploads) that hold `value`, plainly or as JSON escapes it."""
    needles = {value.encode(), json.dumps(value)[1:-1].encode(), value.lower().encode()}
    files = [path for path in home.rglob("*") if path.is_file()]
    assert "isee.db" in {path.name for path in files}
    return [path.name for path in files if any(needle in path.read_bytes() for needle in needles)]


def rows_of(database: Database, conversation_id: str) -> set[str]:
    """The tables that still name the conversation."""
    from sqlalchemy import MetaData, select

    metadata = MetaData()
    metadata.reflect(database.engine)
    named = set()
    with database.engine.connect() as connection:
        for table in metadata.sorted_tables:
            for column in (column for column in table.columns if column.name in ("conversation_id", "subject")):
                if connection.execute(select(table).where(column == conversation_id)).first():
                    named.add(table.name)
    return named


def exhaust(database: Database) -> None:
    """Puts an entry's next attempt as its last."""
    from sqlalchemy import update

    from actions.outbox import OutboxRow

    with database.session() as session:
        session.execute(update(OutboxRow).where(OutboxRow.topic == "test.fails").values(attempts=11))


def test_a_phone_number_for_zalo_is_given_and_taken_back_on_the_page(running: Running, room: Dossiers) -> None:
    talk = running.open()
    page = "/notices/" + room.links.make(NOTICES, talk.id, HOUR_DELTA)
    assert 'name="phone"' not in running.http.get(page).text  # nobody sends any
    room.notices.dispatch.phones = True
    try:
        assert 'name="phone"' in running.http.get(page).text
        form = {"purpose": "zalo", "given": "yes", "phone": "0203 3123 456"}
        assert running.http.post(f"{page}/choices", data=form).status_code == 422
        running.http.post(f"{page}/choices", data={**form, "phone": "+84 936 518 274"})
        assert room.notices.choices(talk.id)["zalo"].address == PHONE
        assert PHONE in running.http.get(page).text
        running.http.post(f"{page}/choices", data={"purpose": "zalo"})
    finally:
        room.notices.dispatch.phones = False
    assert not room.notices.choices(talk.id)["zalo"].given and not room.notices.choices(talk.id)["zalo"].address
