"""The inbox over HTTP with the real index: citizens ask what nobody knows, staff work it off, citizens are told."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from actions.outbox import OutboxRow
from bot.access.model import Role
from bot.inbox.tables import InboxClusterRow, InboxFollowUpRow, InboxQuestionRow
from bot.inbox.views import Filters
from knowledge_base.model import Origin
from tests.bot.inbox.service import DEATH, few_guides
from tests.bot.serving import Running, Talk

pytestmark = pytest.mark.built

PASSWORD = "mot-mat-khau-dai"
MOUNTAIN = "ông nội em khuất núi thì báo xã thế nào"
PLAIN = "ong noi em khuat nui thi bao xa the nao"
HERBS = "bán lá thuốc nam ngoài chợ cần giấy gì <script>alert(1)</script>"


@pytest.fixture(scope="module")
def running(built_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with few_guides(tmp_path_factory.mktemp("home"), built_home) as service:
        for name, role in (("cuc", Role.CURATOR), ("lan", Role.AGENT), ("mai", Role.MANAGER)):
            service.context.accounts.add(name, role, PASSWORD)
        yield service


def sign_in(running: Running, name: str) -> httpx.Client:
    client = httpx.Client(base_url=running.url, trust_env=False, follow_redirects=True, timeout=60)
    client.post("/console/login", data={"name": name, "password": PASSWORD})
    return client


def form(page: httpx.Response, **values: object) -> dict[str, object]:
    return {"csrf": re.findall(r'name="csrf" value="([^"]+)"', page.text)[-1], **values}


def press(talk: Talk, message: dict[str, object], title: str) -> dict[str, object]:
    buttons = {button["title"]: button for button in message["buttons"]}  # type: ignore[index,union-attr]
    answer = talk.send({"payload": buttons[title]["payload"], "client_id": str(uuid.uuid4())})
    assert answer.status_code == 200, answer.text
    said: dict[str, object] = answer.json()["messages"][-1]
    return said


def number_of(running: Running, words: str) -> int:
    found = running.context.inbox.clusters(Filters(state="", words=words)).clusters
    assert len(found) == 1, [cluster.title for cluster in found]
    return found[0].id


def test_from_an_open_question_to_an_answer_told(running: Running) -> None:
    inbox = running.context.inbox
    first, second, stopped, other = (running.open() for _ in range(4))
    notices = running.context.dossiers.notices
    asked = first.say(MOUNTAIN).json()
    assert asked["status"] == "abstained"
    consent = press(first, asked["messages"][0], "Báo lại khi có câu trả lời")
    assert MOUNTAIN in str(consent["text"]) and "90 ngày" in str(consent["text"])
    press(first, consent, "Đồng ý")
    second.say(PLAIN), second.say(MOUNTAIN)
    declined = press(second, second.messages()[-1], "Báo lại khi có câu trả lời")
    press(second, declined, "Không cần báo")
    press(stopped, press(stopped, stopped.say(MOUNTAIN).json()["messages"][0], "Báo lại khi có câu trả lời"), "Đồng ý")
    notices.stop(stopped.id)
    notices.mail_to(first.id, "ban.nam@example.org")
    other.say(HERBS)
    inbox.work()

    group = number_of(running, "khuat nui")
    with running.context.database.session(write=False) as session:
        rows = session.scalars(select(InboxQuestionRow).where(InboxQuestionRow.cluster_id == group)).all()
    assert len(rows) == 3, "once for each conversation, however it was typed"
    assert {row.kind for row in rows} == {"abstained"}

    cuc = sign_in(running, "cuc")
    listed = cuc.get("/console/unanswered", params={"q": "khuất núi"})
    assert MOUNTAIN in listed.text and "2 người chờ báo lại" in listed.text and "thuốc nam" not in listed.text
    page = cuc.get(f"/console/unanswered/{group}")
    assert f"from=cluster:{group}" in page.text
    assert "&lt;script&gt;" in cuc.get(f"/console/unanswered/{number_of(running, 'thuoc nam')}").text

    near = cuc.get(f"/console/unanswered/{group}/phrasing", params={"find": "đăng ký khai tử"})
    assert f"phrasing?code={DEATH}" in near.text
    chosen = cuc.get(f"/console/unanswered/{group}/phrasing", params={"code": DEATH})
    at = f"/console/unanswered/{group}/phrasing"
    wrong = cuc.post(f"{at}/preview", data=form(chosen, code=DEATH, sentence="số 0221•••234"))
    assert wrong.status_code == 422 and "dấu •" in wrong.text and "0221" in wrong.text
    seen = cuc.post(f"{at}/preview", data=form(chosen, code=DEATH, sentence=MOUNTAIN))
    assert "Sẽ được trả lời (2)" in seen.text and "Công bố cách hỏi" in seen.text
    unsaid = cuc.post(f"{at}/publish", data=form(seen, code=DEATH, sentence=MOUNTAIN, reason=" "))
    assert unsaid.status_code == 422 and "Cần ghi lý do" in unsaid.text
    done = cuc.post(f"{at}/publish", data=form(seen, code=DEATH, sentence=MOUNTAIN, reason="người dân gọi như vậy"))
    assert "thêm cách hỏi" in done.text and "Đã xử lý" in done.text

    published = running.context.knowledge_base.published(DEATH, Origin.CURATED)
    assert MOUNTAIN in published.guide.questions
    entries = running.context.audit.page(subject=f"cluster:{group}")
    assert entries[0].action == "inbox.phrase" and MOUNTAIN not in str(entries[0])

    def told() -> list[dict[str, object]]:
        return [message for message in first.messages() if message["author"] == "system"]

    for _ in range(300):
        if told():
            break
        time.sleep(0.1)
    opening, answer = told()
    assert MOUNTAIN in str(opening["text"])
    assert answer["answer"]["procedure"]["code"] == DEATH  # type: ignore[index]
    assert answer["answer"]["guide_version"] == published.version  # type: ignore[index]
    for talk in (second, stopped):
        assert not [message for message in talk.messages() if message["author"] == "system"], "who declined is not told"
    with running.context.database.session(write=False) as session:
        letter = session.scalar(select(OutboxRow).where(OutboxRow.topic == "notice.mail"))
        states = set(session.scalars(select(InboxFollowUpRow.state)))
    assert letter.subject == first.id and states == {"told", "withdrawn"}
    mail = json.loads(running.context.keyring.decrypt(letter.sealed))
    assert mail["to"] == "ban.nam@example.org" and MOUNTAIN in mail["body"] and str(answer["text"]) in mail["body"]
    assert running.open().say(PLAIN).json()["status"] == "answered"
    running.context.dossiers.outbox.run_due()
    assert len(told()) == 2, "told once"


def test_a_guide_written_for_a_group_solves_it(running: Running) -> None:
    inbox, cuc = running.context.inbox, sign_in(running, "cuc")
    running.open().say("cụ cố về với tiên tổ thì gạch tên ở đâu")
    inbox.work()
    group = number_of(running, "tien to")
    begun = cuc.get("/console/guides/new", params={"from": f"cluster:{group}"})
    assert "cụ cố về với tiên tổ" in begun.text
    cuc.post("/console/guides/new", data=form(begun, code=DEATH, cluster=group))
    draft = running.context.drafting.drafts.get(DEATH)
    assert "cụ cố về với tiên tổ thì gạch tên ở đâu" in draft.payload["questions"]
    inbox.work()
    assert (inbox.cluster(group).state, inbox.cluster(group).how) == ("open", "draft")
    kb = running.context.knowledge_base
    written = kb.get(DEATH).guide.model_copy(update={"summary": "Báo cho xã biết có người đã mất."})
    kb.publish(written, Origin.CURATED, author="cuc", reason="viết thêm")
    inbox.work()
    assert (inbox.cluster(group).state, inbox.cluster(group).how) == ("resolved", "guide")


def test_staff_assign_close_open_merge_and_split(running: Running) -> None:
    inbox, lan = running.context.inbox, sign_in(running, "lan")
    for text in ("xin phép mở lớp dạy múa rồng", "đăng ký nuôi chim yến trên mái nhà", "thuê mặt biển thả bè hàu"):
        running.open().say(text)
    inbox.work()
    dragon, bird, oyster = (number_of(running, words) for words in ("mua rong", "chim yen", "be hau"))
    page = lan.get(f"/console/unanswered/{dragon}")
    assert "Thêm thành cách hỏi" not in page.text, "an agent does not publish"
    assert lan.post(f"/console/unanswered/{dragon}/phrasing/preview", data=form(page)).status_code == 403
    act = f"/console/unanswered/{dragon}"
    assert lan.post(f"{act}/assign", data=form(page, to="nobody")).status_code == 422
    assert "mai" in lan.post(f"{act}/assign", data=form(page, to="mai")).text
    assert [item.id for item in inbox.clusters(Filters(assigned_to="mai")).clusters] == [dragon]
    assert lan.post(f"{act}/merge", data=form(page, into=str(dragon))).status_code == 422
    merged = lan.post(f"{act}/merge", data=form(page, into=f"#{bird}"))
    assert str(merged.url).endswith(f"/{bird}") and "múa rồng" in merged.text
    assert str(lan.get(act).url).endswith(f"/{bird}"), "an old address leads on"
    questions = re.findall(r'name="question" value="(\d+)"', merged.text)
    assert lan.post(f"/console/unanswered/{bird}/split", data=form(merged, question=questions)).status_code == 422
    apart = lan.post(f"/console/unanswered/{bird}/split", data=form(merged, question=questions[:1]))
    assert not str(apart.url).endswith(f"/{bird}")

    page = lan.get(f"/console/unanswered/{oyster}")
    untold = lan.post(f"/console/unanswered/{oyster}/scope", data=form(page, title="Thuê mặt biển", reason=""))
    assert untold.status_code == 422 and 'value="Thuê mặt biển"' in untold.text, "what was typed is kept"
    lan.post(f"/console/unanswered/{oyster}/scope", data=form(page, title="Thuê mặt biển", reason="của nơi khác"))
    running.open().say("thue mat bien tha be hau")
    inbox.work()
    known = inbox.cluster(oyster)
    assert (known.state, known.seen, known.title) == ("out_of_scope", 2, "Thuê mặt biển"), "counted, not back"
    again = lan.post(f"/console/unanswered/{oyster}/reopen", data=form(page, reason="xem lại"))
    assert "Đang mở" in again.text
    lan.post(f"/console/unanswered/{oyster}/resolve", data=form(again, reason="đã nhắn chi cục"))
    running.open().say("thuê mặt biển thả bè hàu")
    inbox.work()
    assert inbox.cluster(oyster).recurred and inbox.cluster(oyster).state == "open", "asked again: open again"
    acts = [entry.action for entry in running.context.audit.page(actor="lan", action="inbox")]
    assert acts == [f"inbox.{act}" for act in (
        "resolve", "reopen", "out_of_scope", "split", "merge", "assign")]


def test_a_thumbs_down_is_collected_with_its_note_and_erased_with_its_conversation(running: Running) -> None:
    inbox = running.context.inbox
    unhelpful = running.open()
    answer = unhelpful.say("đăng ký kết hôn cần giấy tờ gì").json()
    rated = unhelpful.running.http.post(
        f"{unhelpful.path}/feedback", headers=unhelpful.headers,
        json={"message_id": answer["messages"][0]["id"], "helpful": False, "note": "thiếu giấy, gọi 0912345678"})
    assert rated.status_code == 204
    inbox.work()
    group = number_of(running, "ket hon")
    shown = sign_in(running, "lan").get(f"/console/unanswered/{group}").text
    assert "thiếu giấy" in shown and "0912345678" not in shown and "không hữu ích" in shown
    assert f"/console/conversations/{unhelpful.id}" in shown
    running.http.delete(unhelpful.path, headers=unhelpful.headers)
    with running.context.database.session(write=False) as session:
        cluster = session.get(InboxClusterRow, group)
        held = session.scalars(select(InboxQuestionRow).where(InboxQuestionRow.cluster_id == group)).all()
        assert (cluster.size if cluster else 0) == len(held), "an empty group goes, unless worked on"
        left = select(InboxQuestionRow.id).where(InboxQuestionRow.conversation_id == unhelpful.id)
        assert session.scalars(left).all() == []
        follow_ups = select(InboxFollowUpRow).where(InboxFollowUpRow.conversation_id == unhelpful.id)
        assert session.scalars(follow_ups).all() == []
