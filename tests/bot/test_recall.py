"""Change recall through the console: what changed, who was told, a second person's yes, said once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update

from actions.notices.quiet import QuietHours
from bot.access.model import Role
from bot.gateway.store import add_message, locked
from bot.gateway.tables import MessageRow
from bot.recall.finding import told_in
from common.clock import utc_now
from common.messages import Answer, Aspect, ProcedureRef, Reply, Status
from knowledge_base.model import Case, Document, Fee, Guide, Origin, Time
from tests.bot.serving import Running, Talk, serving
from tests.bot.test_console import PASSWORD, hidden, sign_in

CODE = "9.990001"


def guide(amount: int, *, days: float = 1, papers: tuple[str, ...] = ("Giấy chứng sinh",)) -> Guide:
    return Guide(
        code=CODE, name="Thủ tục đăng ký khai sinh", field="Hộ tịch",
        cases=[Case(id="late", label="Đăng ký quá hạn", when="Quá 60 ngày.")],
        fee=[Fee(amount=0), Fee(amount=amount, when="late")], time=[Time(amount=days, unit="working_day")],
        documents=[Document(name=name, kind="original") for name in papers])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), engine=False, quiet_hours="") as service:
        for name in ("bien", "duyet"):
            service.context.accounts.add(name, Role.CURATOR, PASSWORD)
        kb = service.context.knowledge_base
        kb.publish(guide(8000), Origin.CURATED, author="bien", reason="đầu")
        kb.publish(guide(9000, papers=("Giấy chứng sinh", "Tờ khai")), Origin.CURATED, author="bien", reason="đổi")
        yield service


def tell(running: Running, aspect: Aspect, version: int, case: str | None = None) -> Talk:
    """A citizen whom the bot told about the guide as it was in `version`."""
    talk = running.open()
    published = running.context.knowledge_base.at_version(CODE, version)
    items = [each for each in getattr(published.guide, aspect) if case is None or each.when in (None, case)]
    answer = Answer(
        procedure=ProcedureRef(code=CODE, name=published.guide.name), aspect=aspect, guide_version=version, case=case,
        fields={str(aspect): [each.model_dump(mode="json", exclude_none=True) for each in items]})
    with running.context.database.session() as session:
        row = locked(session, talk.id)
        add_message(session, row, "citizen", "mất bao nhiêu tiền hả em")
        add_message(session, row, "bot", Reply(text="Lệ phí như sau", status=Status.ANSWERED, answer=answer))
    return talk


def post(client: httpx.Client, path: str, **data: str) -> httpx.Response:
    return client.post(path, data={"csrf": hidden(client.get("/console/recall"))["csrf"], **data})


def seen(page: httpx.Response) -> str:
    return page.text.split('name="seen" value="')[1].split('"')[0]


def test_the_whole_way_of_a_correction(running: Running) -> None:
    author, reviewer = sign_in(running, "bien"), sign_in(running, "duyet")
    fee, papers = tell(running, Aspect.FEE, 1), tell(running, Aspect.DOCUMENTS, 1)
    tell(running, Aspect.TIME, 1)  # the time is as it was
    tell(running, Aspect.FEE, 2)  # the new fee was told
    held, gone = tell(running, Aspect.FEE, 1, "late"), tell(running, Aspect.FEE, 1)
    running.context.desk.acts.take(held.id, "lan", running.context.store.get(held.id).epoch)
    old = tell(running, Aspect.FEE, 1)
    with running.context.database.session() as session:
        session.execute(update(MessageRow).where(MessageRow.conversation_id == old.id).values(
            at=utc_now() - timedelta(days=40)))

    page = author.get("/console/recall")
    assert "Lệ phí, Giấy tờ" in page.text and "Thời hạn, Giấy tờ" not in page.text, "only what replaced something"
    found = author.get(f"/console/recall/guide/{CODE}?before=1&after=2&days=30")
    assert "4 cuộc trò chuyện" in found.text and "mất bao nhiêu tiền" in found.text
    draft = post(author, f"/console/recall/guide/{CODE}", before="1", after="2", days="30")
    address = str(draft.url)
    assert "9.000 đồng" in draft.text and "8.000 đồng" in draft.text and "Duyệt và gửi" not in draft.text
    assert post(author, f"/console/recall/guide/{CODE}", before="1", after="2").status_code == 409

    text = "Em xin đính chính: lệ phí đăng ký quá hạn trước đây ghi 8.000 đồng, nay là 9.000 đồng."
    wrong = post(author, address, text=text.replace("9.000", "7.500"), seen=seen(draft))
    assert wrong.status_code == 422 and "Số 7.500 không có" in wrong.text and "là 7.500" in wrong.text
    edited = post(author, address, text=text, seen=seen(draft))
    assert post(author, f"{address}/approve", seen=seen(edited)).status_code == 409, "nobody approves their own text"
    assert post(reviewer, f"{address}/approve", seen=seen(draft)).status_code == 409, "what was read has changed"
    gone.running.http.delete(gone.path, headers=gone.headers)
    running.context.eraser.erase(gone.id)
    post(reviewer, f"{address}/approve", seen=seen(edited))

    running.context.dossiers.outbox.run_due()
    for talk in (fee, papers, held):
        said = [message for message in talk.messages() if message["author"] == "system" and "answer" in message]
        assert [message["text"] for message in said] == [text]
        assert said[0]["answer"]["guide_version"] == 2 and said[0]["answer"]["fields"]["fee"][1]["amount"] == 9000
    assert running.context.store.get(held.id).owner == "agent", "the person keeps the conversation"
    assert all("answer" not in message for message in old.messages() if message["author"] == "system")
    assert "đã báo 3/3" in author.get(address).text
    assert post(reviewer, f"{address}/cancel").status_code == 409

    again = post(author, f"/console/recall/guide/{CODE}", before="1", after="2", days="90")
    assert "1 cuộc trong 90 ngày" in again.text, "only who was not told yet"
    post(reviewer, f"{again.url}/cancel")
    acts = [entry.action for entry in running.context.audit.page(action="recall")]
    assert acts == [
        "recall.cancel", "recall.draft", "recall.sent", "recall.approve", "recall.change", "recall.draft"]


def test_a_guide_that_changes_again_stops_a_correction(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    author, reviewer = sign_in(running, "bien"), sign_in(running, "duyet")
    kb = running.context.knowledge_base
    kb.publish(guide(10000), Origin.CURATED, author="bien", reason="lần ba")
    told = tell(running, Aspect.FEE, 2)
    draft = post(author, f"/console/recall/guide/{CODE}", before="2", after="3", days="30")
    with monkeypatch.context() as patched:
        # The service's own round of the outbox may come at any moment: it finds a quiet hour until the change is there.
        patched.setattr(QuietHours, "until", lambda _self, now: now)
        post(reviewer, f"{draft.url}/approve", seen=seen(draft))
        kb.publish(guide(11000), Origin.CURATED, author="bien", reason="lần bốn")
    stopped = ""
    for _ in range(100):
        running.context.dossiers.outbox.run_due()
        if "đã dừng" in (stopped := author.get(str(draft.url)).text):
            break
        time.sleep(0.1)
    assert "đã dừng" in stopped
    assert all(message["author"] != "system" for message in told.messages())
    stale = author.get(f"/console/recall/guide/{CODE}?before=2&after=3")
    assert stale.status_code == 200 and "thay đổi tiếp" in stale.text
    assert author.get(f"/console/recall/guide/{CODE}?before=2&after=9").status_code == 404


def test_who_has_read_the_new_text_since_needs_no_correction(running: Running) -> None:
    talk = tell(running, Aspect.FEE, 1)
    current = running.context.knowledge_base.get(CODE)
    answer = Answer(
        procedure=ProcedureRef(code=CODE, name="x"), aspect=Aspect.FEE, guide_version=current.version, fields={})
    with running.context.database.session() as session:
        before = told_in(session, current.guide, current.version, ["fee"], utc_now() - timedelta(days=1))
        assert talk.id in {each.conversation_id for each in before}
        add_message(session, locked(session, talk.id), "bot", Reply(
            text="nay", status=Status.ANSWERED, answer=answer))
        after = told_in(session, current.guide, current.version, ["fee"], utc_now() - timedelta(days=1))
        assert talk.id not in {each.conversation_id for each in after}
