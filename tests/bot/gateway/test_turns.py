"""Turns over HTTP: contract, idempotency, ordering, what may come in, what Rasa may hear."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.bot.serving import Running, Talk


def is_problem(answer: httpx.Response, status: int) -> bool:
    body = answer.json()
    return (
        answer.status_code == status == body["status"]
        and answer.headers["content-type"] == "application/problem+json"
        and bool(body["title"])
        and bool(body["detail"])
    )


def test_a_new_conversation_says_that_an_automatic_assistant_answers(talk: Talk) -> None:
    assert "trợ lý tự động" in talk.greeting[0]["text"]
    assert talk.messages() == talk.greeting


def test_a_turn_gives_messages_owner_status_and_time(talk: Talk) -> None:
    body = talk.say("đăng ký khai sinh").json()
    assert body["status"] == "answered" and body["owner"] == "bot" and body["took_ms"] > 0
    assert body["messages"][0]["text"] == "nghe: đăng ký khai sinh"
    assert [message["author"] for message in talk.messages()] == ["bot", "citizen", "bot"]


def test_a_turn_gives_the_citizens_words_as_they_are_stored(talk: Talk) -> None:
    key = str(uuid.uuid4())
    for _ in range(2):
        body = talk.say("số căn cước của em là 022191007345", key).json()
        said = next(one for one in talk.messages() if one["id"] == body["citizen_message"])
        assert body["citizen_text"] == said["text"] != ""
        assert "022191007345" not in body["citizen_text"]


def test_a_repeated_client_id_returns_the_first_result_and_asks_nobody(talk: Talk) -> None:
    key = str(uuid.uuid4())
    first = talk.say("lệ phí", key).json()
    assert talk.say("một câu khác hẳn", key).json() == first
    assert len(talk.messages()) == 3


def test_the_same_client_id_sent_twice_at_once_is_one_turn(talk: Talk) -> None:
    key = str(uuid.uuid4())
    with ThreadPoolExecutor(8) as pool:
        answers = [answer.json() for answer in pool.map(lambda _: talk.say("khai sinh", key), range(8))]
    assert all(answer == answers[0] for answer in answers)
    assert len(talk.messages()) == 3


def test_twenty_messages_at_once_are_answered_one_after_the_other(talk: Talk) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda number: talk.say(f"câu {number}"), range(20)))
    assert {answer.status_code for answer in answers} == {200}
    stored = talk.messages()[1:]
    assert len(stored) == 40
    for question, reply in zip(stored[::2], stored[1::2], strict=True):
        assert (question["author"], reply["author"]) == ("citizen", "bot")
        assert reply["text"] == f"nghe: {question['text']}"
    assert [message["id"] for message in stored] == sorted(message["id"] for message in stored)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": ""}, 422),
        ({"text": "   \n\t"}, 422),
        ({"text": "\u200b\u200d\ufeff"}, 422),
        ({"text": "///"}, 422),
        ({"text": "a" * 20_000}, 413),
        ({"text": "\x00\x01\x02PNG"}, 422),
        ({"text": "\ud800"}, 422),
        ({"text": None}, 422),
        ({"text": 12}, 422),
        ({"text": ["a"]}, 422),
        ({}, 422),
        ({"text": "a", "payload": "b"}, 422),
        ({"text": "a", "sender": "someone"}, 422),
        ({"text": "a", "client_id": "x" * 65}, 422),
        ({"text": "a", "client_id": ""}, 422),
    ],
)
def test_what_cannot_be_a_message_is_refused_and_leaves_no_trace(talk: Talk, body: dict[str, Any], status: int) -> None:
    import json

    answer = talk.running.http.post(
        f"{talk.path}/messages", content=json.dumps(body), headers={**talk.headers, "Content-Type": "application/json"}
    )
    assert is_problem(answer, status)
    assert len(talk.messages()) == 1


@pytest.mark.parametrize("raw", [b"{", b"", b"[]", b"\xff\xfe", b'"text"', b"null", b'{"text": "\xff"}'])
def test_a_body_that_is_no_json_object_is_refused(talk: Talk, raw: bytes) -> None:
    answer = talk.running.http.post(f"{talk.path}/messages", content=raw, headers=talk.headers)
    assert is_problem(answer, 422)


@pytest.mark.parametrize(
    "text", ["😀👍🏽", "How do I register a birth?", "出生登记", "vk e mới đẻ", "a" * 2000, "'; DROP TABLE"]
)
def test_any_readable_text_gets_a_turn(talk: Talk, text: str) -> None:
    answer = talk.say(text)
    assert answer.status_code == 200 and answer.json()["messages"]


@pytest.mark.parametrize("text", ["/restart", '/inform{"pin":"1"}', " / /x", "\u200b/stop", "／session_start", "//a"])
def test_typed_text_cannot_name_an_intent(talk: Talk, text: str) -> None:
    heard = talk.say(text).json()["messages"][0]["text"].removeprefix("nghe: ")
    assert heard and heard[0] not in "/／"


def test_a_payload_must_have_been_offered_in_this_conversation(running: Running, talk: Talk) -> None:
    payload = '/ask_fee{"procedure":"1.001193"}'
    assert is_problem(talk.send({"payload": payload}), 422)
    talk.say("khai sinh")
    assert talk.send({"payload": payload}).json()["messages"][0]["text"] == f"nghe: {payload}"
    assert talk.messages()[-2]["text"] == "Xem lệ phí"
    assert is_problem(running.open().send({"payload": payload}), 422)
    assert is_problem(talk.send({"payload": "/ask_fee"}), 422)


def test_personal_numbers_are_masked_before_the_store_and_before_rasa(talk: Talk) -> None:
    body = talk.say("căn cước của em là 022190001234, số điện thoại 0912345678").json()
    assert "022190001234" not in str(body) and "0912345678" not in str(body)
    stored = str(talk.messages())
    assert "022190001234" not in stored and "0912345678" not in stored
    assert "căn cước" in stored


def test_a_dossier_code_stays_readable(talk: Talk) -> None:
    assert "H49.01.02-261124-0001" in talk.say("tra cứu hồ sơ H49.01.02-261124-0001").json()["messages"][0]["text"]


def test_a_form_value_never_reaches_the_store_or_rasa(talk: Talk) -> None:
    body = talk.say("giá trị bí mật").json()
    assert body["messages"][0]["text"] == 'nghe: /form_value{"ref":"abc"}'
    assert "bí mật" not in str(talk.messages())


def test_a_file_is_taken_by_a_form_or_refused(talk: Talk) -> None:
    def upload(content: bytes) -> httpx.Response:
        files = {"file": ("ảnh.jpg", content, "image/jpeg")}
        return talk.running.http.post(f"{talk.path}/messages", files=files, headers=talk.headers)

    assert upload(b"\xff\xd8rest").json()["messages"][0]["text"].startswith("nghe: /form_file")
    assert talk.messages()[-2]["text"] == "Tệp đã gửi: ảnh.jpg"
    assert is_problem(upload(b"plain"), 422)
    assert is_problem(upload(b"\xff\xd8" + b"x" * 11_000_000), 413)
    nameless = talk.running.http.post(f"{talk.path}/messages", files={"other": b"x"}, headers=talk.headers)
    assert is_problem(nameless, 422)


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}, {"Authorization": "x"}]
)
@pytest.mark.parametrize("path", ["messages", "events"])
def test_without_the_token_nothing_is_readable(talk: Talk, headers: dict[str, str], path: str) -> None:
    assert is_problem(talk.running.http.get(f"{talk.path}/{path}", headers=headers), 401)


def test_a_token_opens_its_own_conversation_only(running: Running, talk: Talk) -> None:
    other = running.open()
    answer = running.http.get(f"{talk.path}/messages", headers=other.headers)
    unknown = running.http.get(f"/api/v1/conversations/{uuid.uuid4()}/messages", headers=other.headers)
    assert is_problem(answer, 401) and is_problem(unknown, 401)
    assert answer.json() == unknown.json()


def test_a_token_in_the_address_is_worth_nothing(talk: Talk) -> None:
    assert is_problem(talk.running.http.get(f"{talk.path}/messages", params={"token": talk.token}), 401)


def test_feedback_is_kept_for_a_bot_message_only(talk: Talk) -> None:
    def rate(message_id: str) -> httpx.Response:
        body = {"message_id": message_id, "helpful": False, "note": "gọi em 0912345678"}
        return talk.running.http.post(f"{talk.path}/feedback", json=body, headers=talk.headers)

    talk.say("khai sinh")
    _, question, reply = talk.messages()
    assert rate(reply["id"]).status_code == 204
    assert rate(reply["id"]).status_code == 204
    assert is_problem(rate(question["id"]), 404)
    assert is_problem(rate("01JD8X5V3M0V9R8Q7K2T4C6B1A"), 404)


def test_erasing_leaves_nothing(talk: Talk) -> None:
    talk.say("mơ hồ")
    assert talk.running.http.delete(talk.path, headers=talk.headers).status_code == 204
    assert is_problem(talk.say("còn đó không"), 401)


def test_messages_after_an_id(talk: Talk) -> None:
    talk.say("một")
    first, second, third = talk.messages()
    assert talk.messages(after=first["id"]) == [second, third]
    assert talk.messages(after=third["id"]) == []


def test_a_typed_title_goes_on_as_its_button_and_is_stored_as_typed(talk: Talk) -> None:
    talk.say("khai sinh")
    body = talk.say("xem le phi a").json()
    assert body["messages"][0]["text"] == 'nghe: /ask_fee{"procedure":"1.001193"}'
    assert body["citizen_text"] == "xem le phi a"


@pytest.mark.parametrize(("typed", "said"), [("👍", "cảm ơn"), ("😡", "xin lỗi"), ("???", "chưa rõ chỗ nào")])
def test_a_mark_is_answered_by_what_it_says(talk: Talk, typed: str, said: str) -> None:
    body = talk.say(typed).json()
    assert said in body["messages"][0]["text"] and body["status"] == "smalltalk"
