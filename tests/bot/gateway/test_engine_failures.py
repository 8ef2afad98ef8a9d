"""Rasa down, slow, broken or talking nonsense: the citizen gets an answer, nothing is lost, it heals by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from common.breaker import CircuitBreaker
from tests.bot.serving import Running, serving, start_engine


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), rasa_timeout_s=0.5) as service:
        yield service


@pytest.mark.parametrize("text", ["chậm quá", "hỏng rồi", "rác rưởi", "im lặng"])
def test_without_a_usable_reply_search_alone_answers(own: Running, text: str) -> None:
    talk = own.open()
    body = talk.say(text).json()
    assert body["status"] == "answered"
    assert body["messages"][-1]["text"] == f"tra cứu: {text}"
    assert [message["author"] for message in talk.messages()[1:]] == ["citizen", "bot"]
    assert talk.say("bình thường").json()["messages"][0]["text"] == "nghe: bình thường"


def test_a_dead_engine_is_not_waited_for_and_comes_back_by_itself(own: Running) -> None:
    talk = own.open()
    assert own.engine is not None
    own.engine.kill()
    own.engine.wait()
    owners = []
    for number in range(4):
        body = talk.say(f"câu {number}").json()
        assert body["messages"][0]["text"] == f"tra cứu: câu {number}"
        owners.append(body["owner"])
    title = own.open().say("làm giấy khai sinh").json()
    assert title["messages"][0]["text"] == "tra cứu: làm giấy khai sinh", "a typed title is searched for, too"
    assert owners == ["bot", "bot", "waiting", "waiting"], "people are told of an engine that fails again and again"
    card = own.context.desk.cards.of(talk.id)
    assert card is not None and card.reason == "failure" and "sự cố" in card.notes[0].text
    assert own.context.tickets.waiting(talk.id).number in str(talk.messages())  # type: ignore[union-attr]
    assert own.context.engine.breaker.open
    ready = own.http.get("/healthz/ready")
    assert ready.status_code == 200
    assert ready.json()["status"] == "degraded" and ready.json()["parts"]["engine"] == "down"

    port = urlsplit(own.context.engine_process.base_url).port
    assert port
    own.engine = start_engine(port, own.context.keyring.engine_secret())
    for _ in range(60):
        if talk.say("còn đó không").json()["messages"][0]["text"].startswith("nghe"):
            break
        time.sleep(0.25)
    else:
        raise AssertionError("the gateway did not find the engine again")
    own.engine.kill()
    own.engine.wait()


def test_a_button_of_a_form_is_kept_for_another_try(own: Running) -> None:
    talk = own.open()
    talk.say("khai sinh")
    assert own.engine is not None
    own.engine.kill()
    own.engine.wait()
    payload = '/ask_fee{"procedure":"1.001193"}'
    body = talk.send({"payload": payload}).json()
    assert body["status"] == "error"
    assert body["messages"][0]["buttons"] == [{"title": "Thử lại", "payload": payload}]


def test_an_engine_that_never_was_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(tmp_path_factory.mktemp("home"), engine=False) as service:
        assert service.open().say("khai sinh").json()["status"] == "answered"


def test_the_breaker_tries_once_after_each_pause() -> None:
    now = [0.0]
    breaker = CircuitBreaker(failures=2, first_pause_s=2, longest_pause_s=5, clock=lambda: now[0])
    breaker.failed()
    assert breaker.allows() and not breaker.open
    breaker.failed()
    assert breaker.open and not breaker.allows()
    now[0] = 2.1
    assert breaker.allows()
    assert not breaker.allows()
    breaker.failed()
    now[0] = 6.0
    assert not breaker.allows()
    now[0] = 6.2
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.allows() and not breaker.open
