"""Guides at the console over HTTP: written, looked through, published, in conflict, imported, exported."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from bot.access.model import Role
from bot.console.guides.fields import all_fields, read
from knowledge_base.loader import parse_guide
from knowledge_base.model import Guide, Origin
from knowledge_base.publishing import guide_payload
from tests.bot.console.filling import PASSWORD, Editor, csrf, sign_in
from tests.bot.serving import Running, serving
from tests.knowledge_base.conftest import guide_data
from tests.knowledge_base.official import official_row

CODE, OTHER = "1.001193", "1.000656"
PEOPLE = ("lan", "minh", "hoa", "quan")
BAD = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@dataclass
class GateDouble:
    """Refuses what the test says; the true gate is tested with the index."""

    broken: list[str] = field(default_factory=list)

    def check(self, guide: Guide) -> Any:
        losses = [Lost(code) for code in self.broken]
        return type("Report", (), {
            "ran": 4, "gains": [], "losses": losses, "broken": self.broken, "allowed": not self.broken})()

    def keep(self, report: Any) -> None:
        pass

    def failing(self) -> dict[str, list[str]]:
        return {}


@dataclass
class Lost:
    code: str
    question: str = "câu của hướng dẫn khác"
    before: Any = field(default_factory=lambda: type("Seen", (), {"name": "Đúng"})())
    after: Any = field(default_factory=lambda: type("Seen", (), {"name": "Sai"})())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), engine=False, shipped=False) as service:
        for name, role in zip(PEOPLE, (Role.CURATOR, Role.CURATOR, Role.MANAGER, Role.ADMIN), strict=True):
            service.context.accounts.add(name, role, PASSWORD)
        for code in (CODE, OTHER):
            guide = Guide.model_validate(guide_data(code))
            service.context.knowledge_base.publish(guide, Origin.CURATED, author="isee", reason="bản đầu")
        yield service


@pytest.fixture(scope="module")
def people(running: Running) -> dict[str, httpx.Client]:
    return {name: sign_in(running.url, name) for name in PEOPLE}


def act(client: httpx.Client, code: str, what: str, **data: Any) -> httpx.Response:
    """Posts a form of a guide's pages, with the session's token and the draft's revision."""
    page = client.get(f"/console/guides/{code}/review")
    revision = re.findall(r'name="revision" value="(\d+)"', page.text)
    sent = {"csrf": csrf(page if "csrf" in page.text else client.get("/console/guides/new")), **data}
    sent["revision"] = revision[0] if revision else "0"
    return client.post(f"/console/guides/{code}/{what}", data=sent)


def begin(client: httpx.Client, code: str) -> Editor:
    client.post(f"/console/guides/{code}/draft", data={"csrf": csrf(client.get("/console/guides/new"))})
    return Editor(client, code)


def test_from_draft_to_citizens(running: Running, people: dict[str, httpx.Client]) -> None:
    lan, minh, kb = people["lan"], people["minh"], running.context.knowledge_base
    editor = begin(lan, CODE)
    assert read(editor.fields, CODE) == guide_payload(kb.get(CODE).guide)

    page = editor.press(fee__1__amount="9.500", time__0__unit="", questions="một câu\nmột câu")
    assert "có số" in page.text and "trùng với câu hỏi thứ 1" in page.text and "lỗi phải sửa" in page.text
    assert "phải sửa trước khi gửi duyệt" in act(lan, CODE, "send").text
    page = editor.press("add:steps", time__0__unit="working_day", questions="\n".join(f"câu {n}" for n in range(9)))
    assert 'id="i-steps-2"' in page.text and "đang để trống" in page.text
    page = editor.press("up:steps:2", steps__2="Chuẩn bị giấy tờ.")
    page = editor.press("down:documents:0")
    page = editor.press("add:sources")
    page = editor.press("remove:sources:1")
    assert "Không còn lỗi" in page.text
    assert running.context.drafting.drafts.get(CODE).payload["steps"][1] == "Chuẩn bị giấy tờ."

    preview = editor.press("preview")
    assert "9.500 đồng" in preview.text and preview.text.count('class="bubble"') == 11
    assert "Giấy giải trình" in lan.get(f"/console/guides/{CODE}/preview?case=late").text
    review = act(lan, CODE, "send", note="nghị quyết mới")
    assert "Chờ duyệt" in review.text and "<del>" in review.text and "9.500" in review.text
    assert act(lan, CODE, "approve").status_code == 403
    assert act(minh, CODE, "send-back").status_code == 422
    act(minh, CODE, "send-back", **{"remark:fee": "Ghi cả văn bản quy định.", "remark:": "Gần xong."})
    assert "Ghi cả văn bản quy định." in lan.get(f"/console/guides/{CODE}/edit").text
    editor = Editor(lan, CODE)
    editor.press(fee__1__legal="Nghị quyết 30/2026/NQ-HĐND")
    act(lan, CODE, "send")
    act(minh, CODE, "approve")
    assert act(lan, CODE, "publish", reason=" ").status_code == 422
    assert kb.get(CODE).version == 1
    done = act(lan, CODE, "publish", reason="Nghị quyết 30/2026/NQ-HĐND")
    assert "Đã công bố" in done.text
    now = kb.get(CODE)
    assert now.version == 2 and now.guide.fee[1].amount == 9500
    info = kb.history(CODE)[0]
    assert (info.author, info.reviewer) == ("lan", "minh")
    entries = running.context.audit.page(subject=f"guide:{CODE}")
    acts = [entry.action for entry in entries]
    assert acts[:4] == ["guide.publish", "guide.approve", "guide.send", "guide.send_back"]
    assert entries[0].after == {
        "version": 2, "fields": ["documents", "fee", "steps", "questions"], "writers": ["lan"], "reviewer": "minh"}

    version = lan.get(f"/console/guides/{CODE}/history/2").text
    assert "Nghị quyết 30/2026/NQ-HĐND" in version and "người duyệt minh" in lan.get(f"/console/guides/{CODE}").text
    restored = lan.post(
        f"/console/guides/{CODE}/history/1/restore", data={"csrf": csrf(review), "reason": "nghị quyết bị hoãn"})
    assert "8.000" in restored.text and "Gửi duyệt" in restored.text
    act(lan, CODE, "discard", reason="thử")


def test_two_curators_lose_nothing(running: Running, people: dict[str, httpx.Client]) -> None:
    lan, minh = people["lan"], people["minh"]
    first, second = begin(lan, OTHER), begin(minh, OTHER)
    first.press(summary="Tóm tắt của Lan.", agency="Cơ quan của Lan")
    page = second.press(summary=f"Tóm tắt của Minh {BAD}", places__0="Nơi của Minh")
    assert str(page.url).endswith("/conflict") and BAD not in page.text and "&lt;script&gt;" in page.text
    for text in ("Tóm tắt của Minh", "của Lan", "Nơi của Minh", "Phần của lan"):
        assert text in page.text
    # Closing the page loses nothing, and a further save is kept, too.
    assert "giữ riêng" in minh.get(f"/console/guides/{OTHER}/edit").text
    second.press("autosave", summary="Tóm tắt của Minh.", places__0="Nơi của Minh")
    page = minh.get(f"/console/guides/{OTHER}/conflict")
    assert re.search(r'name="agency" value="theirs" checked', page.text), "only Lan changed the agency"
    assert re.search(r'name="places" value="mine" checked', page.text), "only Minh changed the places"
    revision = re.findall(r'name="revision" value="(\d+)"', page.text)[0]
    chosen = {"csrf": csrf(page), "revision": revision, "summary": "theirs", "agency": "theirs", "places": "mine"}
    minh.post(f"/console/guides/{OTHER}/conflict", data=chosen)
    payload = running.context.drafting.drafts.get(OTHER).payload
    assert (payload["summary"], payload["agency"], payload["places"]) == (
        "Tóm tắt của Lan.", "Cơ quan của Lan", ["Nơi của Minh"])
    assert minh.post(f"/console/guides/{OTHER}/conflict", data=chosen).status_code == 409


def test_the_gate_refuses_and_a_manager_overrides(running: Running, people: dict[str, httpx.Client]) -> None:
    lan, minh, hoa, kb = people["lan"], people["minh"], people["hoa"], running.context.knowledge_base
    running.context.gate = GateDouble([CODE])  # type: ignore[assignment]
    try:
        act(lan, OTHER, "send")
        act(people["quan"], OTHER, "approve")
        page = act(lan, OTHER, "publish", reason="mới")
        assert page.status_code == 409 and "câu của hướng dẫn khác" in page.text and "Vẫn công bố" not in page.text
        assert act(minh, OTHER, "override", reason="tôi muốn").status_code == 403
        assert kb.get(OTHER).version == 1
        assert "Vẫn công bố" in act(hoa, OTHER, "publish", reason="mới").text
        assert "Đã công bố" in act(hoa, OTHER, "override", reason="câu kia sẽ sửa sau").text
    finally:
        running.context.gate = None
    assert kb.get(OTHER).version == 2
    actions = [entry.action for entry in running.context.audit.page(subject=f"guide:{OTHER}", limit=3)]
    assert actions[:2] == ["guide.publish", "guide.override"]


def test_markup_stays_text_on_every_page(running: Running, people: dict[str, httpx.Client]) -> None:
    lan, code = people["lan"], "1.009998"
    token = csrf(lan.get("/console/guides/new"))
    made = lan.post("/console/guides/new", data={"csrf": token, "code": code, "name": BAD})
    assert made.status_code == 200
    editor = Editor(lan, code)
    for one in all_fields().values():
        if one.listed:
            editor.press(f"add:{one.name}")
    typed = {
        name.replace(".", "__"): BAD for name, value in editor.fields
        if name not in ("csrf", "revision") and not name.endswith(".row") and value == ""
    }
    editor.press(**typed)
    pages = ["", "/edit", "/preview", "/review"]
    for below in [f"/{code}{page}" for page in pages] + [f"?q={BAD}", "/new"]:
        text = lan.get(f"/console/guides{below}").text
        assert "<img src=x" not in text and "<script>alert" not in text, below
    assert "&lt;script&gt;" in lan.get(f"/console/guides/{code}/edit").text
    act(lan, code, "discard", reason="thử")


def test_bad_addresses_and_forged_forms_are_refused(people: dict[str, httpx.Client]) -> None:
    lan = people["lan"]
    for path in ("/1.111111", "/1.111111/edit", "/1.111111/history", "/1.001193/history/99", "/import/99"):
        assert lan.get(f"/console/guides{path}").status_code == 404, path
    assert lan.get("/console/guides?origin=x&state=y&mark=z").status_code == 200
    for path in ("/1.001193/edit", "/1.001193/publish", "/import/file"):
        assert lan.post(f"/console/guides{path}", data={"csrf": "x", "reason": "x"}).status_code == 403, path
    new = csrf(lan.get("/console/guides/new"))
    for code, name in (("abc", "x"), ("1.222222", " ")):
        assert lan.post("/console/guides/new", data={"csrf": new, "code": code, "name": name}).status_code == 422


def test_a_catalogue_is_compared_then_taken_field_by_field(running: Running, people: dict[str, httpx.Client]) -> None:
    lan, kb = people["lan"], running.context.knowledge_base
    one = official_row(code="1.004859", name="Thủ tục một", agency="Sở A")
    lines = [one, official_row(code="1.004860"), "hỏng", one]
    job = upload(lan, lines)
    page = settled(lan, job)
    assert "Thủ tục mới" in page.text and kb.get("1.004859") is None
    rejected = lan.get(f"{job}?kind=rejected").text
    assert "trùng với dòng 1" in rejected and "JSON sai" in rejected
    assert lan.post(f"{job}/apply", data={"csrf": csrf(page), "reason": "thử"}).status_code == 422
    lan.post(f"{job}/all", data={"csrf": csrf(page), "do": "accept"})
    lan.post(f"{job}/apply", data={"csrf": csrf(page), "reason": "danh mục tháng 11"})
    assert "Đã nhập 2 thủ tục" in settled(lan, job).text and kb.revision()
    assert kb.get("1.004859").guide.agency == "Sở A" and kb.get("1.004859").origin is Origin.IMPORTED

    job = upload(lan, [official_row(code="1.004859", name="Thủ tục hai", agency="Sở B"), official_row(code="1.004860")])
    page = settled(lan, job)
    item = re.findall(r'href="(/console/guides/import/\d+/rows/\d+)"', page.text)
    assert len(item) == 1
    compared = lan.get(item[0])
    assert "<ins>" in compared.text and "Sở" in compared.text
    lan.post(item[0], data={"csrf": csrf(compared), "field": "name", "do": "take"})
    lan.post(f"{job}/apply", data={"csrf": csrf(page), "reason": "chỉ đổi tên"})
    settled(lan, job)
    kb.revision()  # another process published
    now = kb.get("1.004859").guide
    assert (now.name, now.agency) == ("Thủ tục hai", "Sở A")
    assert kb.history("1.004859")[0].reason == "chỉ đổi tên"


def test_guides_leave_as_yaml(running: Running, people: dict[str, httpx.Client]) -> None:
    lan, kb = people["lan"], running.context.knowledge_base
    wanted = {"csrf": csrf(lan.get("/console/guides/new")), "origin": "curated"}
    archive = zipfile.ZipFile(io.BytesIO(lan.post("/console/guides/export", data=wanted).content))
    assert sorted(archive.namelist()) == [f"{OTHER}.yml", f"{CODE}.yml"]
    assert parse_guide(archive.read(f"{CODE}.yml")).guide == kb.get(CODE).guide
    assert parse_guide(lan.get(f"/console/guides/{OTHER}/yaml").content).guide == kb.get(OTHER).guide


def upload(client: httpx.Client, lines: list[Any]) -> str:
    content = "\n".join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
    answer = client.post(
        "/console/guides/import/file", data={"csrf": csrf(client.get("/console/guides/import"))},
        files={"file": ("danh-muc.jsonl", content.encode())})
    assert answer.status_code == 200, answer.text
    return answer.url.path


def settled(client: httpx.Client, job: str) -> httpx.Response:
    for _ in range(300):
        page = client.get(job)
        if "<progress" not in page.text:
            return page
        time.sleep(0.3)
    raise AssertionError("the import did not end")
