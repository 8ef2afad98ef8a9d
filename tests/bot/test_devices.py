"""What a citizen takes along from a conversation or leaves in it, over HTTP: codes, transcript, scores, feedback."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from bot.access.model import Role
from bot.desk.tables import SatisfactionRow
from bot.gateway.devices import ALPHABET, Guesses
from bot.gateway.shared import Shared
from bot.gateway.tables import DeviceRow, ResumeCodeRow
from bot.inbox.tables import InboxQuestionRow
from common.clock import utc_now
from common.errors import InvalidInput, TooManyRequests
from tests.bot.serving import Running, Talk, serving
from tests.bot.test_console import PASSWORD
from tests.redis_server import private_redis

ID_NUMBER = "022190001234"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), office_hours="Mon-Sun 00:00-23:59") as service:
        service.context.accounts.add("mai", Role.MANAGER, PASSWORD)
        service.context.accounts.people.add(
            "lan", Role.AGENT, password=PASSWORD, display_name="Nguyễn Thị Lan")
        yield service


@pytest.fixture(autouse=True)
def no_guesses_yet(running: Running) -> None:
    running.context.guesses = Guesses()


def code_of(talk: Talk) -> str:
    answer = talk.running.http.post(f"{talk.path}/code", headers=talk.headers)
    assert answer.status_code == 201, answer.text
    assert set(answer.json()) == {"code", "expires_at"}
    return str(answer.json()["code"])


def resume(running: Running, code: str) -> httpx.Response:
    return running.http.post("/api/v1/conversations/resume", json={"code": code})


def taken_up(running: Running, talk: Talk) -> Talk:
    answer = resume(running, code_of(talk))
    assert answer.status_code == 200, answer.text
    return Talk(running, answer.json()["id"], answer.json()["token"], [])


# Codes


def test_a_code_opens_the_conversation_on_another_device_and_both_go_on(running: Running, talk: Talk) -> None:
    talk.say(f"số của tôi là {ID_NUMBER}")
    other = taken_up(running, talk)
    assert other.id == talk.id and other.token != talk.token
    said = [message["text"] for message in other.messages()]
    assert said == [message["text"] for message in talk.messages()]
    assert ID_NUMBER not in "".join(said)
    assert "thiết bị khác" in said[-1], "the first device is told, whoever did it"
    assert other.say("từ máy thứ hai").status_code == 200
    assert talk.say("từ máy thứ nhất").status_code == 200
    assert [message["id"] for message in other.messages()] == [message["id"] for message in talk.messages()]


def test_a_code_is_good_once_and_a_new_one_voids_the_one_before(running: Running, talk: Talk) -> None:
    first = code_of(talk)
    second = code_of(talk)
    assert resume(running, first).status_code == 422
    assert resume(running, second).status_code == 200
    assert resume(running, second).status_code == 422


def test_wrong_used_and_expired_codes_are_refused_alike(running: Running, talk: Talk) -> None:
    used = code_of(talk)
    assert resume(running, used).status_code == 200
    expired = code_of(talk)
    with running.context.database.session() as session:
        session.execute(update(ResumeCodeRow).values(expires_at=utc_now() - timedelta(seconds=1)))
    answers = [resume(running, code) for code in (used, expired, "AAAA-AAAA", "x")]
    assert {answer.status_code for answer in answers} == {422}
    assert len({answer.text for answer in answers}) == 1


def test_a_code_is_taken_as_people_type_it(running: Running, talk: Talk) -> None:
    code = code_of(talk)
    assert set(code.replace("-", "")) <= set(ALPHABET) and len(code) == 9
    assert not set(ALPHABET) & set("01258OILSZBUV"), "nothing that is read for something else"
    assert resume(running, f" {code.lower().replace('-', ' ')} ").status_code == 200


def test_of_two_devices_at_once_one_gets_in(running: Running, talk: Talk) -> None:
    code = code_of(talk)
    with ThreadPoolExecutor(8) as many:
        statuses = sorted(many.map(lambda _: resume(running, code).status_code, range(8)))
    assert statuses == [200] + [422] * 7


def test_guessing_is_slowed_down_for_an_address_and_the_right_code_is_not_counted(running: Running) -> None:
    for _ in range(12):
        assert resume(running, code_of(running.open())).status_code == 200
    assert [resume(running, f"AAAA-AA{mark}A").status_code for mark in "3467ACDEFG"] == [422] * 10
    late = resume(running, code_of(running.open()))
    assert late.status_code == 429 and int(late.headers["Retry-After"]) > 0


async def test_guessing_from_many_addresses_is_slowed_down_too() -> None:
    guesses = Guesses()
    for number in range(300):
        await wrong(guesses, f"address {number}")
    with pytest.raises(TooManyRequests):
        await wrong(guesses, "one more")


async def wrong(guesses: Guesses, client: str) -> None:
    with suppress(InvalidInput):
        async with guesses.one(client):
            await asyncio.sleep(0)  # as long as the database takes
            raise InvalidInput("wrong")


@pytest.mark.parametrize("replicas", [1, 2])
async def test_many_guesses_at_once_are_no_more_than_one_after_the_other(replicas: int) -> None:
    with private_redis() as redis:
        shared = Shared(redis.url)
        each = [Guesses(shared if replicas > 1 else None) for _ in range(replicas)]
        told = await asyncio.gather(
            *(wrong(each[number % replicas], "one") for number in range(40)), return_exceptions=True)
        assert [type(one) for one in told].count(TooManyRequests) == 30
        for _ in range(12):  # who types the right one is not counted
            async with each[0].one("another"):
                pass
        await shared.close()


def test_neither_code_nor_token_is_kept_as_it_is(running: Running, talk: Talk) -> None:
    code = code_of(talk)
    other = Talk(running, talk.id, resume(running, code).json()["token"], [])
    with running.context.database.session(write=False) as session:
        kept = [*session.scalars(select(ResumeCodeRow.digest)), *session.scalars(select(DeviceRow.token_digest))]
    assert kept and code not in kept and code.replace("-", "") not in kept and other.token not in kept


def test_a_token_of_one_conversation_opens_no_other(running: Running, talk: Talk) -> None:
    other = taken_up(running, running.open())
    stranger = Talk(running, talk.id, other.token, [])
    assert running.http.get(f"{stranger.path}/messages", headers=stranger.headers).status_code == 401
    for path in ("code", "score"):
        assert running.http.post(f"{talk.path}/{path}", json={}, headers=stranger.headers).status_code == 401
    assert running.http.get(f"{talk.path}/transcript", headers=stranger.headers).status_code == 401


def test_erasing_the_conversation_ends_every_device_and_code(running: Running, talk: Talk) -> None:
    other = taken_up(running, talk)
    code = code_of(talk)
    assert running.http.delete(talk.path, headers=other.headers).status_code == 204
    assert running.http.get(f"{talk.path}/messages", headers=other.headers).status_code == 401
    assert resume(running, code).status_code == 422
    with running.context.database.session(write=False) as session:
        for table in (DeviceRow, ResumeCodeRow):
            query = select(func.count()).select_from(table).where(table.conversation_id == talk.id)
            assert session.scalar(query) == 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(st.text(max_size=6) | st.just("code"), st.text(max_size=40) | st.integers() | st.none()))
def test_nothing_that_is_sent_as_a_code_breaks_anything(running: Running, body: dict[str, object]) -> None:
    running.context.guesses = Guesses()
    answer = running.http.post("/api/v1/conversations/resume", json=body)
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"


# Transcript


def test_the_transcript_is_a_text_file_of_what_is_stored(running: Running, talk: Talk) -> None:
    talk.say(f"căn cước {ID_NUMBER} cần gì")
    talk.say("xem lại")
    answer = running.http.get(f"{talk.path}/transcript", headers=talk.headers)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="noi-dung-tro-chuyen-isee-')
    for part in ("Trợ lý: Chào anh/chị", "Anh/chị: căn cước", "Trợ lý: bản kín", "Tải lúc"):
        assert part in answer.text, part
    assert ID_NUMBER not in answer.text and "Hoàng Thị Bích Ngà" not in answer.text, "a file shows no values"


def test_a_conversation_in_english_is_greeted_and_written_down_in_english(running: Running) -> None:
    opened = running.http.post("/api/v1/conversations", json={"language": "en"}).json()
    assert "automatic assistant" in opened["messages"][0]["text"]
    talk = Talk(running, opened["id"], opened["token"], opened["messages"])
    assert "Assistant: Hello" in running.http.get(f"{talk.path}/transcript", headers=talk.headers).text
    assert "another device" in taken_up(running, talk).messages()[-1]["text"]
    assert running.http.post("/api/v1/conversations", json={"language": "de"}).status_code == 422


# Scores


def scores(running: Running, talk: Talk) -> list[tuple[int | None, int, str]]:
    with running.context.database.session(write=False) as session:
        rows = session.scalars(select(SatisfactionRow).where(SatisfactionRow.conversation_id == talk.id))
        return [(row.case_id, row.score, row.note) for row in rows]


def test_a_goodbye_is_followed_by_one_question(running: Running, talk: Talk) -> None:
    assert len(talk.say("tạm biệt").json()["messages"]) == 1, "nothing was answered: there is nothing to rate"
    talk.say("khai sinh cần gì")
    asked = talk.say("tạm biệt em").json()["messages"][-1]
    assert asked["author"] == "system" and len(asked["buttons"]) == 5
    assert len(talk.say("tạm biệt").json()["messages"]) == 1, "asked once"
    kept = talk.send({"payload": asked["buttons"][3]["payload"]}).json()["messages"][-1]
    assert "cảm ơn" in kept["text"]
    assert scores(running, talk) == [(None, 4, "")]
    talk.send({"payload": kept["buttons"][0]["payload"]})
    talk.say(f"dễ hiểu, gọi tôi {ID_NUMBER}")
    (case, score, note) = scores(running, talk)[0]
    assert (case, score) == (None, 4) and note.startswith("dễ hiểu") and ID_NUMBER not in note


def test_the_score_at_the_end_is_kept_once_and_counted(running: Running, talk: Talk) -> None:
    path, headers = f"{talk.path}/score", talk.headers
    assert running.http.get(path, headers=headers).json() == {"ask": False}
    talk.say("khai sinh cần gì")
    assert running.http.get(path, headers=headers).json() == {"ask": True}
    for score in (2, 5):
        body = {"score": score, "note": f"tốt {ID_NUMBER}"}
        assert running.http.post(path, json=body, headers=headers).status_code == 204
    assert running.http.get(path, headers=headers).json() == {"ask": False}
    ((case, score, note),) = scores(running, talk)
    assert (case, score) == (None, 5) and ID_NUMBER not in note
    for wrong in ({"score": 0}, {"score": 6}, {}, {"score": 3, "note": "x" * 501}):
        assert running.http.post(path, json=wrong, headers=headers).status_code == 422
    assert len(talk.say("tạm biệt").json()["messages"]) == 1, "not asked again in the chat"


def test_two_conversations_without_a_case_are_scored_side_by_side(running: Running) -> None:
    talks = [running.open(), running.open()]
    for number, talk in enumerate(talks, 3):
        answer = running.http.post(f"{talk.path}/score", json={"score": number}, headers=talk.headers)
        assert answer.status_code == 204
    assert [scores(running, talk)[0][1] for talk in talks] == [3, 4]


# Feedback


def test_a_thumbs_down_becomes_a_question_in_the_inbox_with_its_reasons(running: Running, talk: Talk) -> None:
    answer = talk.say("đăng ký nuôi lạc đà cần gì").json()["messages"][-1]
    body = {
        "message_id": answer["id"], "helpful": False, "reasons": ["missing", "unclear"],
        "note": f"gọi lại {ID_NUMBER}"}
    assert running.http.post(f"{talk.path}/feedback", json=body, headers=talk.headers).status_code == 204
    running.context.inbox.collector.collect()
    with running.context.database.session(write=False) as session:
        row = session.scalars(select(InboxQuestionRow).where(InboxQuestionRow.conversation_id == talk.id)).one()
    assert row.kind == "unhelpful"
    assert row.note.startswith("Thiếu thông tin; Khó hiểu. gọi lại") and ID_NUMBER not in row.note


def test_reasons_that_nobody_offered_are_refused(running: Running, talk: Talk) -> None:
    answer = talk.say("khai sinh").json()["messages"][-1]
    for wrong in ({"reasons": ["rude"]}, {"reasons": ["wrong"] * 5}, {"note": "x" * 501}):
        body = {"message_id": answer["id"], "helpful": False, **wrong}
        assert running.http.post(f"{talk.path}/feedback", json=body, headers=talk.headers).status_code == 422


# Who answers


def test_the_citizen_sees_the_place_in_the_queue_and_the_name_of_the_person(running: Running) -> None:
    running.context.desk.presence.seen("lan")
    first, second = running.open(), running.open()
    first.say("cho em gặp cán bộ")
    second.say("cho em gặp cán bộ")

    def known(talk: Talk) -> dict[str, object]:
        answer = running.http.get(f"{talk.path}/messages", headers=talk.headers).json()
        return {key: value for key, value in answer.items() if key != "messages"}

    assert (known(first), known(second)) == (
        {"owner": "waiting", "place": 1}, {"owner": "waiting", "place": 2})
    store, acts = running.context.store, running.context.desk.acts
    acts.take(first.id, "lan", store.get(first.id).epoch)
    assert known(first) == {"owner": "agent", "agent": "Nguyễn Thị Lan"}
    assert known(second) == {"owner": "waiting", "place": 1}
    acts.take(second.id, "mai", store.get(second.id).epoch)
    assert known(second) == {"owner": "agent"}, "a sign-in name is nobody else's business"
