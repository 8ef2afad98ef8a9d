"""The chat page without JavaScript, through the running service: forms, tickets, cookies, words when it fails."""

from __future__ import annotations

import gzip
import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from bot.gateway.tables import ConversationRow, FeedbackRow, MessageRow
from bot.pages.chat_texts import texts
from tests.bot.serving import Running, serving

HIDDEN = re.compile(r'name="ticket" value="([^"]+)"')
REFRESH = '<meta http-equiv="refresh"'


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), conversations_per_minute=1000) as service:
        yield service


class Visitor:
    """A browser without JavaScript."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.http = httpx.Client(base_url=running.url, timeout=20, trust_env=False, follow_redirects=True)
        self.answer = httpx.Response(200)

    def get(self, path: str = "/chat") -> str:
        self.answer = self.http.get(path)
        return html.unescape(self.answer.text)

    def post(self, path: str = "/chat", **fields: str) -> str:
        """Sends a form with the ticket of the page shown."""
        found = HIDDEN.search(self.answer.text)
        self.answer = self.http.post(path, data={"ticket": found[1] if found else "", **fields})
        return html.unescape(self.answer.text)

    def says(self, text: str) -> str:
        self.get()
        return self.post(text=text)

    @property
    def ticket(self) -> str:
        found = HIDDEN.search(self.answer.text)
        assert found, self.answer.text
        return found[1]

    def conversation(self) -> str:
        """The id of the newest conversation that there is."""
        with self.running.context.database.session(write=False) as session:
            newest = select(ConversationRow.id).order_by(ConversationRow.created_at.desc()).limit(1)
            return str(session.scalars(newest).one())


@pytest.fixture
def visitor(running: Running) -> Visitor:
    return Visitor(running)


def count(running: Running, *where: object) -> int:
    with running.context.database.session(write=False) as session:
        return session.scalar(select(func.count()).select_from(MessageRow).where(*where)) or 0  # type: ignore[arg-type]


def conversations(running: Running) -> int:
    with running.context.database.session(write=False) as session:
        return session.scalar(select(func.count()).select_from(ConversationRow)) or 0


def owned_by(running: Running, conversation_id: str, owner: str) -> None:
    with running.context.database.session() as session:
        row = session.get(ConversationRow, conversation_id)
        assert row is not None
        row.owner, row.owner_epoch = owner, row.owner_epoch + 1


def test_a_visit_opens_nothing_and_says_who_answers(visitor: Visitor, running: Running) -> None:
    before = conversations(running)
    said = visitor.get()
    assert "trợ lý tự động" in said and "Trả lời tự động" in said
    assert conversations(running) == before
    cookie = visitor.answer.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=lax", "Path=/chat"):
        assert part in cookie
    assert "<script" not in said and "style=" not in said and " on" not in re.sub(r">[^<]*<", "><", said)
    assert "script-src 'self'" in visitor.answer.headers["content-security-policy"]


def test_a_message_is_answered_and_a_reload_asks_nothing_again(visitor: Visitor, running: Running) -> None:
    said = visitor.says("đăng ký kết hôn")
    assert "nghe: đăng ký kết hôn" in said and visitor.answer.history[0].status_code == 303
    assert visitor.answer.url.path == "/chat" and not visitor.answer.url.query
    own = visitor.conversation()
    before = count(running, MessageRow.conversation_id == own)
    assert "nghe: đăng ký kết hôn" in visitor.get()
    assert count(running, MessageRow.conversation_id == own) == before


def test_a_form_sent_twice_is_one_message_other_words_are_another(visitor: Visitor, running: Running) -> None:
    visitor.says("câu đầu")
    ticket = visitor.ticket
    for text in ("câu hai", "câu hai", "câu ba"):
        visitor.http.post("/chat", data={"ticket": ticket, "text": text})
    own = visitor.conversation()
    with running.context.database.session(write=False) as session:
        mine = (MessageRow.conversation_id == own, MessageRow.author == "citizen")
        said = list(session.scalars(select(MessageRow.text).where(*mine).order_by(MessageRow.id)))
    assert said == ["câu đầu", "câu hai", "câu ba"]


def test_a_first_message_that_is_pressed_twice_at_once_opens_one_conversation(
    visitor: Visitor, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.get()
    before, opening = conversations(running), running.context.store.open

    def a_moment_later(*args: Any, **more: Any) -> Any:
        opening(*args, **more)  # the other request, which also found nothing there
        return opening(*args, **more)

    monkeypatch.setattr(running.context.store, "open", a_moment_later)
    visitor.post(text="xin chào")
    assert visitor.answer.history[0].status_code == 303 and conversations(running) == before + 1


def test_a_first_message_whose_answer_was_lost_opens_one_conversation(visitor: Visitor, running: Running) -> None:
    visitor.get()
    before, cookies, ticket = conversations(running), dict(visitor.http.cookies), visitor.ticket
    for _ in range(3):  # each time with the cookie of the first page, as if no answer had come
        answer = httpx.post(f"{running.url}/chat", data={"ticket": ticket, "text": "xin chào"}, cookies=cookies)
        assert answer.status_code == 303
    assert conversations(running) == before + 1
    assert count(running, MessageRow.conversation_id == visitor.conversation(), MessageRow.author == "citizen") == 1


def test_without_cookies_it_says_so_and_keeps_the_words(visitor: Visitor) -> None:
    visitor.get()
    visitor.http.cookies.clear()
    said = visitor.post(text="làm giấy khai sinh")
    assert visitor.answer.status_code == 422 and "bật cookie" in said and ">làm giấy khai sinh</textarea>" in said


@pytest.mark.parametrize("sealed", ["", "gAAAAAforged", "another's"])
def test_a_foreign_or_old_ticket_sends_nothing(visitor: Visitor, running: Running, sealed: str) -> None:
    visitor.says("của tôi")
    own = visitor.conversation()
    if sealed == "another's":
        other = Visitor(running)
        other.get()
        sealed = other.ticket
    answer = visitor.http.post("/chat", data={"ticket": sealed, "text": "chưa gửi"})
    assert answer.status_code == 409 and "chưa được gửi" in answer.text and ">chưa gửi</textarea>" in answer.text
    assert count(running, MessageRow.conversation_id == own, MessageRow.text == "chưa gửi") == 0
    visitor.answer = answer
    assert "nghe: chưa gửi" in visitor.post(text="chưa gửi"), "the page shown then sends it"


def test_another_sites_page_can_send_nothing(visitor: Visitor, running: Running) -> None:
    visitor.says("của tôi")
    for name, value in (("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")):
        answer = visitor.http.post("/chat", data={"ticket": visitor.ticket, "text": "giả"}, headers={name: value})
        assert answer.status_code == 403
    # The citizens' other pages send no referrer, so their posts name no origin: the browser's other word counts.
    for site, status in (("same-origin", 200), ("cross-site", 403)):
        headers = {"Origin": "null", "Sec-Fetch-Site": site}
        assert visitor.http.post("/forms", data={"slug": "khai_sinh"}, headers=headers).status_code == status
    # The page names its origin to old browsers too, which send "null" where a page sends no referrer.
    assert visitor.answer.headers["referrer-policy"] == "same-origin"


def test_a_choice_is_a_button_of_a_form(visitor: Visitor) -> None:
    said = visitor.says("lệ phí")
    payload = re.search(r'name="payload" value="([^"]+)">Xem lệ phí<', visitor.answer.text)
    assert payload, said
    said = visitor.post(payload=html.unescape(payload[1]))
    assert "Xem lệ phí" in said and visitor.answer.history[0].status_code == 303
    refused = visitor.post(payload="/ask_fee{}")
    assert visitor.answer.status_code == 422 and "Lựa chọn này không có" in refused and "Gửi lại" in refused


def test_only_the_latest_answer_can_be_pressed(visitor: Visitor) -> None:
    visitor.says("một")
    visitor.says("hai")
    assert visitor.answer.text.count(">Xem lệ phí</button>") == 1


@pytest.mark.parametrize(
    ("text", "status", "sentence"),
    [("", 422, "chưa có nội dung"), ("a" * 2001, 413, "vượt giới hạn"), ("khai\x07 sinh", 422, "ký tự điều khiển")],
)
def test_what_is_refused_is_said_beside_the_box_and_stays_in_it(
    visitor: Visitor, text: str, status: int, sentence: str
) -> None:
    visitor.says("xin chào")
    said = visitor.post(text=text)
    assert visitor.answer.status_code == status
    assert re.search(rf'<span class="wrong" id="e-text">[^<]*{sentence}', said)
    assert 'aria-invalid="true"' in said and 'aria-describedby="e-text"' in said and f">{text}</textarea>" in said


def test_too_fast_says_how_long_to_wait_and_offers_to_send_again(tmp_path: Path) -> None:
    with serving(tmp_path, engine=False, messages_per_minute=2) as service:
        visitor = Visitor(service)
        for number in range(3):
            said = visitor.says(f"câu {number}")
        assert visitor.answer.status_code == 429 and int(visitor.answer.headers["retry-after"]) > 0
        assert "vui lòng chờ" in said and "Gửi lại" in said and ">câu 2</textarea>" in said


def test_what_is_turned_away_at_the_door_is_said_in_words(visitor: Visitor) -> None:
    visitor.says("xin chào")
    page = {"Accept": "text/html,application/xhtml+xml"}
    big = visitor.http.post("/chat", content=b"x" * 400_000, headers={**page, "Content-Type": "text/plain"})
    assert big.status_code == 413 and "<h1>" in big.text and "vượt giới hạn" in big.text and 'href="/chat"' in big.text
    assert big.headers["content-type"].startswith("text/html")
    program = visitor.http.post("/chat", content=b"x" * 400_000, headers={"Content-Type": "text/plain"})
    assert program.headers["content-type"] == "application/problem+json"


def test_text_stays_text(visitor: Visitor) -> None:
    visitor.says("<img src=x onerror=alert(1)></article>")
    assert "<img" not in visitor.answer.text and "&lt;img src=x" in visitor.answer.text


def test_while_a_person_has_it_the_page_reloads_for_those_who_want_it(visitor: Visitor, running: Running) -> None:
    visitor.says("xin chào")
    owned_by(running, visitor.conversation(), "agent")
    said = visitor.get()
    # By itself it would take the page from under whoever reads it slowly or by ear (WCAG 2.2.1): it's theirs to ask.
    assert REFRESH not in said and 'id="text"' in said and 'id="file"' in said and "Xem tin mới" in said
    said = visitor.post("/chat/look", set="lively")
    assert REFRESH in said and "Cán bộ đang trả lời" in said and 'id="text"' not in said
    # The next reload is another address: to the same one with a mark a browser need not go at all.
    assert re.search(r'content="20;url=/chat\?tick=1#moi"', said)
    assert 'url=/chat?tick=2#' in visitor.get("/chat?tick=1")
    said = visitor.get("/chat?write=1")
    assert REFRESH not in said and 'id="text"' in said
    assert REFRESH not in visitor.post("/chat/look", set="quiet")
    visitor.post("/chat/look", set="lively")
    owned_by(running, visitor.conversation(), "bot")
    assert REFRESH not in visitor.get(), "only while a person answers"


def test_while_nobody_is_at_the_desk_the_page_does_not_reload(visitor: Visitor) -> None:
    said = visitor.says("cho gặp cán bộ")
    assert texts("vi").waiting in said and "Xem tin mới" in said and 'id="text"' in said
    assert REFRESH not in said and "tự tải lại" not in said


def test_an_answer_is_rated_with_a_word(visitor: Visitor, running: Running) -> None:
    visitor.says("xin chào")
    own = visitor.conversation()
    with running.context.database.session(write=False) as session:
        mine = select(MessageRow.id).where(MessageRow.conversation_id == own, MessageRow.author == "bot")
        said = session.scalars(mine.order_by(MessageRow.id.desc())).first()
    assert said
    visitor.post("/chat/rate", message=said, helpful="no")
    assert visitor.answer.url.query == f"rated={said}&done=why".encode()
    visitor.get()
    visitor.post("/chat/rate", message=said, helpful="no", reason="missing", note="thiếu lệ phí, gọi 0912345678")
    with running.context.database.session(write=False) as session:
        row = session.scalars(select(FeedbackRow).where(FeedbackRow.conversation_id == own)).one()
        assert not row.helpful and "Thiếu thông tin. thiếu lệ phí" in row.note and "0912345678" not in row.note
    other = Visitor(running)
    other.says("xin chào")
    answer = other.http.post("/chat/rate", data={"ticket": visitor.ticket, "message": said, "helpful": "yes"})
    assert answer.status_code == 403


def test_erasing_asks_first_and_an_old_page_then_says_so(visitor: Visitor, running: Running) -> None:
    visitor.says("xin chào")
    own = visitor.conversation()
    old = visitor.http.cookies.get("isee_chat")
    assert "Xóa toàn bộ cuộc trò chuyện" in visitor.get("/chat/erase")
    assert count(running, MessageRow.conversation_id == own)
    assert "Em đã xóa cuộc trò chuyện" in visitor.post("/chat/erase")
    assert not count(running, MessageRow.conversation_id == own)
    visitor.http.cookies.clear()
    visitor.http.cookies.set("isee_chat", old or "", path="/chat", domain="127.0.0.1")
    assert "hết hạn lưu" in visitor.get()
    assert "nghe: hỏi tiếp" in visitor.post(text="hỏi tiếp")


def test_an_erased_conversation_keeps_the_words_that_were_being_typed(visitor: Visitor, running: Running) -> None:
    visitor.says("xin chào")
    running.context.eraser.erase(visitor.conversation())
    said = visitor.post(text="đang gõ dở")
    assert visitor.answer.status_code == 409 and "hết hạn lưu" in said and ">đang gõ dở</textarea>" in said
    assert "nghe: đang gõ dở" in visitor.post(text="đang gõ dở")


def test_a_new_conversation_asks_how_the_old_one_was_and_leaves_it(visitor: Visitor, running: Running) -> None:
    visitor.says("xin chào")
    own = visitor.conversation()
    said = visitor.post("/chat/new")
    assert visitor.answer.url.path == "/chat/score" and "Rất hài lòng" in said
    said = visitor.post("/chat/score", score="4", note="nhanh")
    assert not running.context.desk.scores.open(own)
    assert "cuộc trò chuyện mới" in said and "nghe: xin chào" not in said
    assert count(running, MessageRow.conversation_id == own), "nothing was erased"


def test_a_code_takes_the_conversation_to_another_device(visitor: Visitor, running: Running) -> None:
    visitor.says("xin chào từ máy thứ nhất")
    code = re.search(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", visitor.post("/chat/code"))
    assert code
    other = Visitor(running)
    other.get()
    assert "Nhập mã từ thiết bị khác" in other.get("/chat/resume")
    said = other.post("/chat/resume", code="AAAA-2222")
    assert other.answer.status_code == 422 and 'id="e-text"' in said and 'value="AAAA-2222"' in said
    assert "xin chào từ máy thứ nhất" in other.post("/chat/resume", code=code[0].lower())
    assert "nghe: tiếp ở đây" in other.says("tiếp ở đây")
    assert "tiếp ở đây" in visitor.get()


def test_the_transcript_is_a_file(visitor: Visitor) -> None:
    visitor.says("xin chào")
    said = visitor.get("/chat/transcript")
    assert "attachment" in visitor.answer.headers["content-disposition"]
    assert "Anh/chị:\nxin chào" in said and "Trợ lý:\nnghe: xin chào" in said


def test_size_of_text_and_language_are_kept(visitor: Visitor) -> None:
    visitor.get()
    assert '<html lang="vi" class="big">' in visitor.post("/chat/look", set="big")
    said = visitor.post("/chat/look", set="en")
    assert '<html lang="en" class="big">' in said and "Type your question here" in said
    visitor.post("/chat/look", set="<script>")
    assert '<html lang="en" class="big">' in visitor.get()


def test_older_messages_stand_behind_a_link(visitor: Visitor) -> None:
    for number in range(7):
        visitor.says(f"câu số {number}")
    older = re.search(r'href="(/chat\?before=\w+)"', visitor.answer.text)
    assert older and "câu số 0" not in visitor.answer.text
    said = visitor.get(older[1])
    assert "câu số 0" in said and 'id="text"' not in said and "/chat#moi" in said


def test_pages_are_light(visitor: Visitor) -> None:
    for number in range(6):
        said = visitor.says(f"câu số {number}")
    assert visitor.answer.headers["content-encoding"] == "gzip"
    assert len(gzip.compress(said.encode())) < 15_000
    sheet = visitor.http.get(re.search(r'href="(/chat/chat\.css[^"]+)"', said)[1])  # type: ignore[index]
    assert "immutable" in sheet.headers["cache-control"] and "font-face" not in sheet.text
