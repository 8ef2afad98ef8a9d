"""The search lab and the golden questions' pages over a small index, the real encoder and the real console."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.access.model import Role
from bot.app import create_app
from bot.context import Context
from bot.gateway.store import add_message, locked
from bot.gateway.tables import TurnRow
from bot.lab import Weighed, curve, effect
from bot.migrations import migrate
from bot.wiring import assemble
from common.database import Database
from common.settings import Settings
from indexer.encoder import load_encoder
from indexer.gate import Nightly
from indexer.search import SearchService
from indexer.search.decision import Calibration
from indexer.search.thresholds import ThresholdStore
from knowledge_base.model import Origin
from knowledge_base.store import KnowledgeBase
from tests.bot.test_console import PASSWORD
from tests.indexer.gate.test_gate import QUESTIONS, RESIDENCE
from tests.indexer.search.guides import GUIDES

pytestmark = pytest.mark.built


@pytest.fixture(scope="module")
def context(built_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    home = tmp_path_factory.mktemp("home")
    settings = Settings(home=home, database_url="", rasa_url="http://127.0.0.1:9")
    database = Database.from_settings(settings)
    migrate(database)
    kb = KnowledgeBase(database)
    kb.publish_many(GUIDES, Origin.CURATED, author="test", reason="test")
    search = SearchService(
        kb, load_encoder(built_home / "models" / "encoder"), home / "index",
        thresholds=ThresholdStore(database).current)
    search.ensure_built()
    made = assemble(settings, database, kb, search)
    made.gate.golden.load_shipped(QUESTIONS)
    for name, role in (("bien", Role.CURATOR), ("chi", Role.MANAGER), ("lan", Role.AGENT)):
        made.accounts.add(name, role, PASSWORD)
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(context: Context):
    made = create_app(context.settings, lambda _: context)
    made.state.context = context  # without the lifespan: nothing is loaded, no engine is started
    return made


def sign_in(app, name: str) -> TestClient:
    client = TestClient(app, base_url="http://127.0.0.1")
    client.post("/console/login", data={"name": name, "password": PASSWORD})
    return client


def post(client: TestClient, path: str, **data: str):
    csrf = re.findall(r'name="csrf" value="([^"]+)"', client.get("/console/golden").text)[-1]
    return client.post(path, data={"csrf": csrf, **data})


def said(context: Context, question: str) -> None:
    """A citizen's answered question, as a turn leaves it."""
    opened = context.store.open([])
    with context.database.session() as session:
        message = add_message(session, locked(session, opened.id), "citizen", question)
        session.add(TurnRow(
            conversation_id=opened.id, client_id="1", state="done", status="answered", citizen_message=message.id,
            result={"messages": []}))


def test_a_question_is_taken_apart(app) -> None:
    curator = sign_in(app, "bien")
    page = curator.get("/console/lab", params={"q": "<b>e muon dkkh</b> vs ban trai, sdt 09•• ••• 111"}).text
    assert "Câu được hiểu thế nào" in page and "Thêm dấu còn thiếu" in page and "Mở rộng từ viết tắt" in page
    assert "Thủ tục đăng ký kết hôn" in page and "1.000002" in page and "ứng viên đầu" in page
    assert "Gần nghĩa" in page and "Vì sao không được chọn" in page and "Trợ lý sẽ" in page
    assert "<b>e muon" not in page and "&lt;b&gt;" in page
    assert "trả lời thẳng" in curator.get("/console/lab", params={"q": "1.000004"}).text
    assert "không có từ nào" in curator.get("/console/lab", params={"q": "🙂"}).text


def test_thresholds_are_tried_by_curators_and_set_by_managers(app, context: Context) -> None:
    asked = ("em và bạn gái muốn đăng ký kết hôn", "cưới nhau cần giấy gì", "muốn xây nhà cấp 4", "khai sinh cho bé")
    question = next(each for each in asked if 0.61 < context.search.examine(each).verdict.right < 0.97)
    assert context.search.search(question).decision == "answer"
    said(context, question)
    curator, manager = sign_in(app, "bien"), sign_in(app, "chi")
    context.lab.wait(60)
    page = curator.get("/console/lab/thresholds", params={"answer_at": 97, "domain_at": 50}).text
    assert "Câu chuẩn" in page and "Trả lời nhiều hơn hay sai ít hơn" in page and "<svg" in page
    assert f">{question}<" in page and "hỏi lại" in page, "what would be decided otherwise is listed"
    assert 'action="/console/lab/thresholds"><input' not in page and "Đặt ngưỡng</button>" not in page
    data = {"answer_at": "97", "domain_at": "50", "reason": "Tuần này nhiều câu sai"}
    assert post(curator, "/console/lab/thresholds", **data).status_code == 403
    assert post(manager, "/console/lab/thresholds", **{**data, "reason": ""}).status_code == 422
    wrong = post(manager, "/console/lab/thresholds", **{**data, "answer_at": "120"})
    assert wrong.status_code == 422 and "từ 0,30 đến 0,98" in wrong.text
    assert "Tuần này" in post(manager, "/console/lab/thresholds", **data).text
    context.search.follow_thresholds()
    assert context.search.search(question).decision == "clarify"
    assert "mặc định" in post(manager, "/console/lab/thresholds/restore", version="0", reason="Hết đợt").text
    context.search.follow_thresholds()
    assert context.search.search(question).decision == "answer"
    assert [entry.action for entry in context.audit.page(action="search")] == ["search.thresholds"] * 2
    assert sign_in(app, "lan").get("/console/lab").status_code == 403


def test_golden_questions_are_kept_and_run(app, context: Context) -> None:
    curator = sign_in(app, "bien")
    path = f"/console/golden/{RESIDENCE}"
    assert "Đăng ký tạm trú" in curator.get("/console/golden").text
    added = post(curator, path, question="mới chuyển tới khu trọ, khai tạm trú giúp", expected="answer")
    assert "mới chuyển tới khu trọ" in added.text and "chưa chạy" in added.text
    again = post(curator, path, question="mới chuyển tới khu trọ, khai tạm trú giúp", expected="answer")
    assert again.status_code == 409 and "đã có câu chuẩn" in again.text
    assert post(curator, path, question="hai", expected="khác").status_code == 422
    ran = post(curator, f"{path}/run").text
    assert "chưa chạy" not in ran and "đạt" in ran
    number = context.gate.golden.of(RESIDENCE)[-1].id
    assert "tạm trú ở ký túc xá" in post(
        curator, f"{path}/{number}", question="tạm trú ở ký túc xá", expected="clarify").text
    assert "tạm trú ở ký túc xá" not in post(curator, f"{path}/{number}/remove").text
    assert curator.get("/console/golden/9.999999").status_code == 404
    assert {entry.action for entry in context.audit.page(action="golden")} == {
        "golden.add", "golden.change", "golden.remove"}
    nightly = Nightly(context.gate)
    nightly._stop.set()
    assert not nightly.run_if_due(), "a stopped run is no run"
    nightly._stop.clear()
    assert nightly.run_if_due() and not nightly.run_if_due()
    assert "Chất lượng trả lời theo ngày" in curator.get("/console/golden").text


def test_moving_thresholds_is_counted() -> None:
    now = Calibration.shipped()
    sample = [
        Weighed("a", 0.9, 0.9, True), Weighed("b", 0.65, 0.9, False, 3), Weighed("c", 0.4, 0.9, None),
        Weighed("d", 0.9, 0.2, True),
    ]
    made = effect(sample, now, now.moved(0.7, 0.5))
    assert (made.before["answer"], made.after["answer"], made.changed) == (4, 1, 3)
    assert (made.right, made.wrong) == ((1, 1), (3, 0))
    assert [(each.weighed.question, each.before, each.after) for each in made.moved] == [("b", "answer", "clarify")]
    assert [(point.threshold, point.coverage, point.risk) for point in curve(sample, 0.5)] == [
        (0.9, 0.3333, 0.0), (0.65, 0.6667, 0.5)]
