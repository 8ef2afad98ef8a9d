"""What each kind of event does to the citizen's conversation, over a real service and a host of pictures and files."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.gateway.tables import ConversationRow, MessageRow
from bot.zalo.people import incoming_texts
from bot.zalo.rendering.greetings import is_greeting
from bot.zalo.tables import ZaloEventRow, ZaloUserRow
from bot.zalo.words import zalo_texts
from common.clock import utc_now
from tests.bot.zalo.incoming import OA, Hook, attached, chatnow, follow, hooked, receipt, said

JPEG = b"\xff\xd8\xff" + b"anh" * 100
PDF = b"%PDF-1.7 don"
GREETING = "Chào anh/chị, em là iSee"
_users = iter(range(70_000, 90_000))


class MediaHost(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = {"/anh.jpg": JPEG, "/don.pdf": PDF, "/lon.jpg": b"\xff\xd8\xff" + b"x" * 1_200_000}.get(self.path)
        if self.path == "/moved.jpg":
            self.send_response(302)
            self.send_header("Location", "/anh.jpg")
            self.end_headers()
        elif self.path == "/away.jpg":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data")
            self.end_headers()
        elif content is None:
            self.send_error(404)
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), MediaHost)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory, host: str) -> Iterator[Hook]:
    with hooked(
        tmp_path_factory.mktemp("home"), {"ZALO_MEDIA_HOSTS": json.dumps([host, ".zdn.vn"])},
        messages_per_minute=12, upload_max_mb=1,
    ) as running:
        yield running


@pytest.fixture
def user() -> str:
    return str(next(_users))


def sent(hook: Hook, *bodies: dict[str, Any]) -> None:
    for body in bodies:
        assert hook.post(body).status_code == 200
    hook.settled()


def answers(hook: Hook, user: str) -> list[str]:
    """What was said to the citizen after the greeting."""
    return [text for author, text in hook.messages(user) if author != "citizen"][1:]


def questions(hook: Hook, user: str) -> list[str]:
    return [text for author, text in hook.messages(user) if author == "citizen"]


def row_of(hook: Hook, user: str) -> ConversationRow:
    found = hook.user(user)
    assert found
    with hook.running.context.database.session(write=False) as session:
        row = session.get(ConversationRow, found.conversation_id)
        assert row
        return row


def test_the_first_words_open_a_conversation_that_says_who_answers(hook: Hook, user: str) -> None:
    sent(hook, said("làm khai sinh", user=user))
    first = hook.messages(user)[0]
    assert first[0] == "bot" and GREETING in first[1] and "trợ lý tự động" in first[1] and "90 ngày" in first[1]
    assert "cứ nhắn" not in first[1], "they have said already what they need"
    assert answers(hook, user) == ["nghe: làm khai sinh"] and row_of(hook, user).channel == "zalo"


def test_a_first_greeting_is_answered_by_one_greeting(hook: Hook, user: str) -> None:
    sent(hook, said("Xin chào em ạ!", user=user))
    assert [author for author, _ in hook.messages(user)] == ["bot", "citizen"], "ours, which opened the conversation"
    assert "cứ nhắn" in hook.messages(user)[0][1]
    sent(hook, said("alo", user=user))
    assert answers(hook, user) == [zalo_texts().render("hello_again")]
    with hook.running.context.database.session() as session:
        session.execute(update(ZaloUserRow).where(ZaloUserRow.user_id == user).values(
            greeted_at=utc_now() - timedelta(hours=25)))
    sent(hook, said("chao ban", user=user))
    assert answers(hook, user)[-1] == "nghe: chao ban", "another day the bot greets as everywhere"


def test_who_was_greeted_when_following_is_not_greeted_again(hook: Hook, user: str) -> None:
    sent(hook, follow(user))
    sent(hook, said("chào ad", user=user))
    assert answers(hook, user) == [zalo_texts().render("hello_again")]
    assert [author for author, _ in hook.messages(user)] == ["bot", "citizen", "bot"]


@pytest.mark.parametrize("text, greets", [
    ("xin chào", True), ("Chào anh chị ạ", True), ("a lô", True), ("em ơi", True), ("hello", True), ("CHAO AD!!", True),
    ("chào em, cho hỏi khai sinh", False), ("cháo gà", False), ("xin", False), ("trời ơi", False), ("", False)])
def test_what_is_a_greeting_alone(text: str, greets: bool) -> None:
    assert is_greeting(text) is greets


def test_texts_arrive_normalised_masked_and_never_as_an_intent(hook: Hook, user: str) -> None:
    sent(hook, said("  /kể cho tôi nghe{}\u0007 ", user=user), said("số của tôi 022190001234", user=user))
    assert answers(hook, user)[0] == "nghe: kể cho tôi nghe{}"
    assert "022190001234" not in str(hook.messages(user))


def test_invariant_11_a_tap_is_a_text_that_equals_its_token(hook: Hook, user: str) -> None:
    sent(hook, said("cho xem lệ phí", user=user))
    row, context = row_of(hook, user), hook.running.context
    payload = '/ask_fee{"procedure":"1.001193"}'
    with context.database.session() as session:
        token = context.zalo.buttons.issue(session, user, row.id, row.last_message, "Xem lệ phí", payload)
    sent(hook, said(token, user=user))
    assert questions(hook, user)[-1] == "Xem lệ phí" and answers(hook, user)[-1] == f"nghe: {payload}"


def test_a_token_of_somebody_else_is_ordinary_text(hook: Hook, user: str) -> None:
    other = str(next(_users))
    sent(hook, said("một", user=user), said("hai", user=other))
    row, context = row_of(hook, other), hook.running.context
    with context.database.session() as session:
        token = context.zalo.buttons.issue(session, other, row.id, row.last_message, "Lại", "/ask_fee{}")
    sent(hook, said(token, user=user))
    assert questions(hook, user)[-1] == token


def test_a_choice_that_is_offered_no_longer_is_told(hook: Hook, user: str) -> None:
    sent(hook, said("một", user=user))
    row, context = row_of(hook, user), hook.running.context
    with context.database.session() as session:
        token = context.zalo.buttons.issue(session, user, row.id, row.last_message, "Cũ", "/never_offered{}")
    sent(hook, said(token, user=user))
    assert hook.messages(user)[-1][0] == "system" and "không có trong các câu trả lời" in answers(hook, user)[-1]


def test_a_text_that_is_too_long_is_told(hook: Hook, user: str) -> None:
    sent(hook, said("dài " * 700, user=user))
    assert "vượt giới hạn" in answers(hook, user)[-1] and questions(hook, user) == []


def test_who_writes_too_fast_is_told_once(hook: Hook, user: str) -> None:
    sent(hook, *(said(f"câu {number}", user=user) for number in range(16)))
    told = [text for text in answers(hook, user) if "gửi nhanh quá" in text]
    assert len(told) == 1 and len(questions(hook, user)) == 12


def test_a_picture_goes_where_a_form_waits_for_it(hook: Hook, user: str, host: str) -> None:
    sent(hook, attached("user_send_image", {"url": f"http://{host}/anh.jpg"}, "giấy tờ của tôi", user=user))
    assert questions(hook, user) == ["Tệp đã gửi: anh"], "the caption is not taken for the next field's value"
    assert answers(hook, user) == ['nghe: /form_file{"ref":"f1"}']


def test_a_file_nobody_asked_for_is_told_and_its_words_are_answered(hook: Hook, user: str, host: str) -> None:
    payload = {"url": f"http://{host}/don.pdf", "name": "don.pdf", "checksum": hashlib.md5(PDF).hexdigest()}
    sent(hook, attached("user_send_file", payload, "đơn này nộp ở đâu", user=user))
    assert questions(hook, user) == ["đơn này nộp ở đâu"]
    assert answers(hook, user) == ["nghe: đơn này nộp ở đâu", "Lúc này chưa có bước nào cần tệp đính kèm."]


@pytest.mark.parametrize("url, expected", [
    ("http://{host}/mat.jpg", "không tải được"), ("http://{host}/lon.jpg", "lớn hơn 1 MB"),
    ("http://{host}/away.jpg", "không tải được"), ("https://evil.example/anh.jpg", "không tải được"),
    ("http://127.0.0.1:1/anh.jpg", "không tải được"), ("ftp://{host}/anh.jpg", "không tải được"),
    ("http://[::1", "không tải được")])
def test_a_picture_that_can_not_be_had_is_told(hook: Hook, user: str, host: str, url: str, expected: str) -> None:
    sent(hook, attached("user_send_image", {"url": url.format(host=host)}, user=user))
    assert expected in answers(hook, user)[-1]


def test_several_pictures_are_several_turns_and_a_moved_one_is_followed(hook: Hook, user: str, host: str) -> None:
    body = attached("user_send_image", {"url": f"http://{host}/anh.jpg"}, user=user)
    body["message"]["attachments"] += [{"type": "image", "payload": {"url": f"http://{host}/moved.jpg"}}] * 6
    sent(hook, body)
    assert len(questions(hook, user)) == 5 and "Em chỉ nhận 5 tệp" in answers(hook, user)[-1]


def test_a_wrong_checksum_is_tried_again(hook: Hook, user: str, host: str) -> None:
    payload = {"url": f"http://{host}/don.pdf", "name": "don.pdf", "checksum": "0" * 32}
    assert hook.post(attached("user_send_file", payload, user=user)).status_code == 200
    from tests.bot.zalo.incoming import until

    until(lambda: hook.events(subject=user)[0].tries)
    assert hook.events(subject=user)[0].error == "OSError"
    with hook.running.context.database.session() as session:
        session.execute(update(ZaloEventRow).where(ZaloEventRow.subject == user).values(state="done", sealed=None))


def test_a_location_is_answered_and_kept_nowhere(hook: Hook, user: str) -> None:
    spot = {"coordinates": {"latitude": "20.9512", "longitude": 107.0801}}
    sent(hook, attached("user_send_location", spot, user=user))
    assert questions(hook, user) == ["Vị trí đã gửi (không được lưu lại)"]
    answer = answers(hook, user)[0]
    assert "phường Hồng Gai" in answer and "km" not in answer
    with hook.running.context.database.session(write=False) as session:
        stored = str([(row.text, row.payload) for row in session.scalars(select(MessageRow))])
    assert "20.95" not in stored and "107.08" not in stored
    assert all(row.sealed is None for row in hook.events(subject=user))


def test_a_location_that_can_not_be_read_or_lies_outside_is_told(hook: Hook, user: str) -> None:
    sent(hook, attached("user_send_location", {"coordinates": {"latitude": "x"}}, user=user))
    sent(hook, attached("user_send_location", {"coordinates": {"latitude": "10.77", "longitude": "106.7"}}, user=user))
    assert "không đọc được vị trí" in answers(hook, user)[0] and "ngoài tỉnh" in answers(hook, user)[1]


@pytest.mark.parametrize("name", [
    "user_send_audio", "user_send_video", "user_send_sticker", "user_send_link", "user_send_business_card",
    "user_send_gif", "user_send_image"])
def test_what_is_no_text_gets_a_polite_word_once_in_ten_minutes(hook: Hook, user: str, name: str) -> None:
    sent(hook, attached(name, {"id": "46991"}, user=user), attached("user_send_sticker", {"id": "1"}, user=user))
    texts = incoming_texts()
    key = f"wordless.{name}" if texts.has(f"wordless.{name}") else "wordless.other"
    assert answers(hook, user) == [texts.render(key)]


def test_an_empty_text_is_answered_too(hook: Hook, user: str) -> None:
    sent(hook, said("", user=user))
    assert answers(hook, user) == [incoming_texts().render("wordless.other")]


@pytest.mark.parametrize("make", [follow, chatnow])
def test_whoever_enters_is_greeted_once_a_day(hook: Hook, user: str, make: Any) -> None:
    sent(hook, make(user), make(user) | {"timestamp": str(int(make(user)["timestamp"]) + 1)})
    assert [author for author, _ in hook.messages(user)] == ["bot"]
    with hook.running.context.database.session() as session:
        session.execute(update(ZaloUserRow).where(ZaloUserRow.user_id == user).values(greeted_at=None))
    sent(hook, make(user) | {"timestamp": str(int(make(user)["timestamp"]) + 2)})
    assert [GREETING in text for _, text in hook.messages(user)] == [True, True]
    found = hook.user(user)
    assert found and found.follows is (True if make is follow else None)


def test_withdrawing_erases_everything_and_the_next_word_begins_anew(hook: Hook, user: str) -> None:
    sent(hook, said("tôi muốn hỏi", user=user))
    before = row_of(hook, user).id
    sent(hook, {**said(user=user), "event_name": "user_withdraw", "message": {}})
    with hook.running.context.database.session(write=False) as session:
        assert session.get(ConversationRow, before) is None
    assert hook.user(user) is None and not hook.events(subject=user)
    assert hook.running.context.dossiers.rights.log is not None
    sent(hook, said("tôi hỏi lại", user=user))
    assert row_of(hook, user).id != before and len(hook.messages(user)) == 3


def test_an_erased_conversation_is_followed_by_a_fresh_one_with_its_greeting(hook: Hook, user: str) -> None:
    sent(hook, said("một", user=user))
    before = row_of(hook, user).id
    hook.running.context.eraser.erase(before)
    sent(hook, said("hai", user=user))
    found = hook.user(user)
    assert found and found.conversation_id != before
    assert questions(hook, user) == ["hai"] and GREETING in hook.messages(user)[0][1]


def test_shared_information_is_taken_only_where_we_asked(hook: Hook, user: str) -> None:
    info = {"info": {"name": "Nguyễn Văn A", "phone": "84912345678"}, "event_name": "user_submit_info"}
    sent(hook, said("khai sinh", user=user), {**said(user=user), **info})
    assert questions(hook, user) == ["khai sinh"]
    with hook.running.context.database.session() as session:
        session.execute(update(ZaloUserRow).where(ZaloUserRow.user_id == user).values(info_asked_at=utc_now()))
    sent(hook, {**said(user=user), **info})
    assert len(questions(hook, user)) == 2 and "0912345678" not in str(hook.messages(user))
    sent(hook, {**said(user=user), **info})
    assert len(questions(hook, user)) == 2, "it was asked for once"


@pytest.mark.parametrize("name", ["oa_send_text", "user_received_message", "user_seen_message"])
def test_invariant_10_what_the_oa_sent_is_never_answered(hook: Hook, user: str, name: str) -> None:
    sent(hook, said("chào", user=user))
    before = hook.messages(user)
    sent(hook, receipt(name, {"msg_id": f"own-{user}", "text": "nghe: chào"}, user=user))
    assert hook.messages(user) == before


def test_invariant_12_when_somebody_wrote_last_is_the_platforms_time(hook: Hook, user: str) -> None:
    sent(hook, said("trước", user=user, timestamp=str(int(said()["timestamp"]) - 3_600_000)))
    first = hook.user(user)
    assert first and first.last_interaction and 3500 < (utc_now() - first.last_interaction).total_seconds() < 3700
    sent(hook, receipt("user_seen_message", {"msg_ids": ["x"]}, user=user))
    again = hook.user(user)
    assert again and again.last_interaction == first.last_interaction, "being read is no interaction"
    sent(hook, said("sau", user=user))
    last = hook.user(user)
    assert last and last.last_interaction and (utc_now() - last.last_interaction).total_seconds() < 60


def test_while_a_person_has_the_conversation_a_caption_reaches_them_with_the_picture(
    hook: Hook, user: str, host: str
) -> None:
    sent(hook, said("chào", user=user))
    with hook.running.context.database.session() as session:
        session.execute(update(ConversationRow).where(ConversationRow.id == row_of(hook, user).id).values(
            owner="agent", agent="an"))
    sent(hook, attached("user_send_image", {"url": f"http://{host}/mat.jpg"}, "đây ạ", user=user))
    assert questions(hook, user)[-1] == "đây ạ" and "không tải được" in answers(hook, user)[-1]


def test_a_template_status_becomes_an_alarm(hook: Hook) -> None:
    sent(hook, {
        "oa_id": OA, "app_id": said()["app_id"], "event_name": "change_template_status", "template_id": "300001",
        "status": {"prev_status": "PENDING", "new_status": "REJECTED"}, "timestamp": said()["timestamp"]})
    with hook.running.context.database.session(write=False):
        assert "zalo_change_template_status" in hook.alarms()
