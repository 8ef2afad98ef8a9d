"""E-forms on one page, through the running service: the same draft as in the chat, nothing typed is lost."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image
from sqlalchemy import func, select

from actions.dossiers.tables import DossierRow, DraftRow, DraftValueRow
from tests.bot.serving import Running, serving

KHAI_SINH = {
    "applicant_name": "Nguyễn Thị Lan", "applicant_id": "022190001234", "applicant_phone": "0912 345 678",
    "applicant_email": "", "relation": "mother", "child_name": "Trần Minh An", "child_sex": "female",
    "child_birth_date": "5/11/2026", "birth_place": "Bệnh viện Sản Nhi Quảng Ninh", "birth_proof": "certificate",
    "ethnicity": "Kinh", "hometown": "phường Uông Bí, Quảng Ninh", "parents_married": "no", "commune": "bãi cháy",
    "copies": "2",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), engine=False) as service:
        yield service


class Browser:
    """A browser without JavaScript: follows redirects, keeps cookies, reads the form that the page shows."""

    def __init__(self, running: Running) -> None:
        self.http = httpx.Client(base_url=running.url, timeout=30, trust_env=False, follow_redirects=True)
        self.page = httpx.Response(200)

    def get(self, path: str) -> str:
        return self._seen(self.http.get(path))

    def post(self, path: str, fields: dict[str, str], files: dict[str, tuple[str, bytes]] | None = None) -> str:
        return self._seen(self.http.post(path, data=fields, files=files))

    def press(self, do: str, answers: dict[str, str], files: dict[str, tuple[str, bytes]] | None = None) -> str:
        """Presses a button of the form shown, with `answers` typed into it over what stands there."""
        fields = {name: value for name, value in self.inputs().items() if not name.startswith("file:")}
        fields |= {f"a:{name}": value for name, value in answers.items()} | {"do": do}
        sent = {f"file:{name}": file for name, file in (files or {}).items()} or {"file:none": ("", b"")}
        return self.post(self.path, fields, sent)

    def inputs(self) -> dict[str, str]:
        """What a browser would send of the form shown."""
        found: dict[str, str] = {}
        for tag in re.findall(r"<(?:input|textarea|select)[^>]*>", self.page.text):
            given = {key: html.unescape(value) for key, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
            if "name" not in given or given.get("type") == "file":
                continue
            if given.get("type") in ("radio", "checkbox") and " checked" not in tag:
                continue
            found[given["name"]] = given.get("value", "")
        for name, body in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>', self.page.text):
            found[name] = html.unescape(body)
        for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', self.page.text, re.DOTALL):
            chosen = re.search(r'value="([^"]*)" selected', body)
            found[name] = chosen[1] if chosen else ""
        return found

    @property
    def path(self) -> str:
        return urlsplit(str(self.page.url)).path

    def starts(self, slug: str = "khai_sinh") -> str:
        """Starts the form and consents; returns its path."""
        self.post("/forms", {"slug": slug})
        path = self.path
        self.post(f"{path}/consent", {"agree": "yes"})
        return path

    def _seen(self, answer: httpx.Response) -> str:
        self.page = answer
        return html.unescape(answer.text)


@pytest.fixture
def browser(running: Running) -> Browser:
    return Browser(running)


def test_from_the_list_to_the_receipt(browser: Browser, running: Running) -> None:
    assert "Đăng ký khai sinh" in browser.get("/forms")
    assert "Đồng ý cung cấp thông tin" in browser.post("/forms", {"slug": "khai_sinh"})
    token_page = browser.path
    shown = browser.post(f"{token_page}/consent", {"agree": "yes"})
    assert "Anh/chị cho em xin họ, chữ đệm và tên" in shown
    said = browser.press("review", KHAI_SINH)
    assert browser.path.endswith("/review"), said
    assert "Trần Minh An" in said and "022190001234" in said and "05/11/2026" in said
    receipt = browser.post(f"{token_page}/submit", {})
    code = re.search(r"H49-\d{6}-\d{4}", receipt)
    assert code and "4 số cuối" in receipt and "022•••••••••" in receipt and "022190001234" not in receipt
    assert code[0] in browser.post(f"{token_page}/submit", {}), "sent twice, one dossier"
    with running.context.database.session(write=False) as session:
        rows = session.scalars(select(DossierRow).where(DossierRow.code == code[0])).all()
    assert len(rows) == 1


def test_refused_answers_stay_as_typed_beside_their_error(browser: Browser) -> None:
    browser.starts()
    said = browser.press("review", {**KHAI_SINH, "applicant_id": "0221900012", "copies": "nhiều lắm", "ethnicity": ""})
    assert browser.page.status_code == 422
    summary = said.partition("</ul>")[0]
    assert "Còn 3 mục cần sửa" in summary
    for name in ("applicant_id", "copies", "ethnicity"):
        assert f'href="#f-{name}"' in summary and f'id="f-{name}"' in said
    typed = browser.inputs()
    assert typed["a:applicant_id"] == "0221900012" and typed["a:copies"] == "nhiều lắm"
    assert typed["a:child_name"] == "Trần Minh An" and typed["a:relation"] == "mother"
    browser.press("review", {"applicant_id": "022190001234", "copies": "2", "ethnicity": "Kinh"})
    assert browser.path.endswith("/review")


def test_conditions_show_and_hide_questions(browser: Browser) -> None:
    browser.starts()
    asked = "Họ, chữ đệm và tên của mẹ bé là gì ạ?"
    assert asked not in browser.press("update", {"relation": "mother"})
    assert asked in browser.press("update", {"relation": "father"})
    browser.press("update", {"mother_name": "Phạm Thị Hoa"})
    assert browser.inputs()["a:mother_name"] == "Phạm Thị Hoa"
    assert "Phạm Thị Hoa" not in browser.press("update", {"relation": "mother"})


def test_a_divided_place_and_a_doubtful_name_are_asked_back(browser: Browser) -> None:
    browser.starts()
    said = browser.press("review", {**KHAI_SINH, "commune": "thành phố Móng Cái", "child_name": "Anna Smith"})
    picks = re.findall(r'name="pick:commune" value="(\w+)"', said)
    assert len(picks) > 2 and 'name="sure:child_name"' in said
    fields = browser.inputs() | {"pick:commune": picks[0], "sure:child_name": "1", "do": "review"}
    said = browser.post(browser.path, fields, {"file:none": ("", b"")})
    assert browser.path.endswith("/review") and "Anna Smith" in said and "Móng Cái" in said


def test_chat_and_page_fill_the_same_draft(browser: Browser, running: Running) -> None:
    talk = running.open()
    room = running.context.dossiers
    draft = room.drafts.start(talk.id, "khai_sinh")
    room.drafts.consent(talk.id, True)
    room.drafts.apply(talk.id, "Nguyễn Thị Lan")
    path = urlsplit(room.form_pages.of(draft)).path
    assert browser.inputs() or "Nguyễn Thị Lan" in browser.get(path)
    browser.press("update", {"applicant_id": "022190001234", "relation": "mother"})
    # What is said in the chat now may belong to the question that stood there before: it answers nothing.
    captured = room.intake.capture(talk.id, text="0912345678")
    assert captured is not None and captured.intent_message == "/resume_form"
    assert "0912345678" not in captured.transcript
    now = room.drafts.here(talk.id)
    assert now.field is not None and now.field.name == "applicant_phone" and "trên trang" in now.notice
    room.drafts.apply(talk.id, "0912345678")
    browser.get(path)
    assert browser.inputs()["a:applicant_phone"] == "0912345678"


def test_a_file_is_checked_kept_and_can_be_taken_back(browser: Browser, running: Running) -> None:
    browser.starts()
    said = browser.press("update", {"birth_proof": "certificate"}, {"birth_proof_file": ("chứng sinh.exe", b"MZ...")})
    assert browser.page.status_code == 422 and "Em chỉ nhận tệp" in said
    picture = io.BytesIO()
    Image.new("RGB", (40, 40), "red").save(picture, "JPEG")
    said = browser.press("update", {}, {"birth_proof_file": ("chứng sinh.jpg", picture.getvalue())})
    assert "Đã nhận: chứng sinh.jpg" in said
    assert "Đã nhận" not in browser.press("drop:birth_proof_file", {})


def test_later_gives_a_link_that_opens_the_draft_elsewhere(browser: Browser, running: Running) -> None:
    browser.starts()
    said = browser.press("later", {"applicant_name": "Nguyễn Thị Lan"})
    link = re.search(r"http://127\.0\.0\.1:\d+(/forms/[\w-]+)", said)
    assert link and "<svg" in said and "30 ngày" in said
    other = Browser(running)
    other.get(link[1])
    assert other.inputs()["a:applicant_name"] == "Nguyễn Thị Lan"
    assert "Đang làm dở trên máy này" in browser.get("/forms")
    assert "Đang làm dở" not in other.get("/forms")
    assert "Đang làm dở" not in browser.post("/forms/leave", {})


def test_refusing_consent_erases_and_a_gone_link_says_so(browser: Browser) -> None:
    browser.post("/forms", {"slug": "khai_sinh"})
    path = browser.path
    assert "không thu thập" in browser.post(f"{path}/consent", {"agree": "no"})
    assert "không mở lại được" in browser.get(path) and browser.page.status_code == 404
    for wrong in ("/forms/abc", "/forms/" + "x" * 300, path[:-3] + "abc", "/forms/practise/none"):
        browser.get(wrong)
        assert browser.page.status_code == 404


def test_nothing_is_asked_or_taken_before_consent(browser: Browser, running: Running) -> None:
    browser.post("/forms", {"slug": "khai_sinh"})
    path = browser.path
    said = browser.post(path, {"a:applicant_name": "Nguyễn Thị Lan", "do": "update"})
    assert "Đồng ý cung cấp thông tin" in said and "a:applicant_name" not in said
    assert browser.get(f"{path}/review") and "Đồng ý cung cấp" in html.unescape(browser.page.text)
    browser.post(f"{path}/submit", {})
    assert browser.page.status_code == 409


def test_posts_of_other_sites_are_refused(browser: Browser) -> None:
    path = browser.starts()
    answer = browser.http.post(path, data={"do": "update"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_practice_goes_to_its_end_and_stores_nothing(browser: Browser, running: Running) -> None:
    database = running.context.database

    def stored() -> list[int]:
        with database.session(write=False) as session:
            return [session.scalar(select(func.count()).select_from(t)) or 0 for t in
                    (DraftRow, DraftValueRow, DossierRow)]

    before = stored()
    said = browser.get("/forms/practise/khai_sinh")
    assert "không gửi đi, không lưu lại" in said and "dữ liệu mẫu" in said
    said = browser.press("review", {**KHAI_SINH, "applicant_id": "02219", "child_name": "Hoàng Bích Ngà"})
    assert browser.page.status_code == 422 and "không lưu lại" in said and "Còn 1 mục" in said
    said = browser.press("review", {"applicant_id": "022190005678"})
    assert "Hoàng Bích Ngà" in said and "Nộp thử" in said and "không lưu lại" in said
    said = browser.press("finish", {})
    assert "Chỉ có khi nộp thật" in said and "không lưu lại" in said and not re.search(r"H49-\d", said)
    assert stored() == before
    home = running.context.settings.home
    for path in home.rglob("isee.db*"):
        assert b"022190005678" not in path.read_bytes() and "Bích Ngà".encode() not in path.read_bytes()


def test_practice_fills_every_form_with_its_examples(browser: Browser, running: Running) -> None:
    for form in running.context.dossiers.forms:
        browser.get(f"/forms/practise/{form.slug}")
        said = browser.press("sample", {})
        assert browser.page.status_code == 200, form.slug
        said = browser.press("review", {})
        assert "Nộp thử" in said, (form.slug, re.findall(r'class="wrong"[^>]*>([^<]*)', said))


def test_a_trial_of_one_form_is_not_taken_for_another(browser: Browser) -> None:
    browser.get("/forms/practise/khai_sinh")
    state = browser.inputs()["state"]
    browser.post("/forms/practise/tam_tru", {"state": state, "do": "update"}, {"file:none": ("", b"")})
    assert browser.page.status_code == 404


def test_items_of_a_group_are_added_and_removed(browser: Browser) -> None:
    browser.starts("thuong_tru")
    said = browser.press("add:members", {"applicant_name": "Nguyễn Thị Lan"})
    assert "Xóa Người 1" in said and browser.inputs()["a:applicant_name"] == "Nguyễn Thị Lan"
    browser.press("add:members", {"members.1.name": "Trần Văn Một"})
    said = browser.press("update", {"members.2.name": "Trần Văn Hai", "members.2.birth_date": "mùng mấy đấy"})
    assert browser.page.status_code == 422 and 'href="#f-members.2.birth_date"' in said
    assert browser.inputs()["a:members.2.birth_date"] == "mùng mấy đấy"
    said = browser.press("remove:members.1", {"members.2.birth_date": "20/10/2015"})
    assert "Em đã xóa Người 1" in said and "Xóa Người 2" not in said
    typed = browser.inputs()
    assert typed["a:members.1.name"] == "Trần Văn Hai" and typed["a:members.1.birth_date"] == "20/10/2015"
