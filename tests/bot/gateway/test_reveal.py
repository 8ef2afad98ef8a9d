"""Values behind a reference: filled in for their own citizen, in none of the places where messages are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.gateway.reveal import Reveal
from tests.bot.gateway.test_events import read
from tests.bot.serving import ReviewDouble, Running, Talk, serving

VALUE = "Hoàng Thị Bích Ngà"
SEALED = {"title": "Tờ khai", "step": 1, "total": 1, "sealed": {"draft": "d1"}}
SHOWN = [{"label": "Họ và tên", "value": VALUE}]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Running]:
    with serving(tmp_path / "home") as service:
        yield service


def message(**parts: Any) -> dict[str, Any]:
    return {"id": "1", "author": "bot", "text": "bản kín", **parts}


def test_the_reference_gives_way_to_the_values() -> None:
    shown = Reveal(ReviewDouble()).messages("c", [message(form=SEALED)])[0]
    assert VALUE in shown["text"]
    assert shown["form"] == {"title": "Tờ khai", "step": 1, "total": 1, "review": SHOWN}


def test_what_is_gone_keeps_its_neutral_sentence_and_no_reference() -> None:
    source = ReviewDouble()
    source.gone = True
    shown = Reveal(source).messages("c", [message(form=SEALED)])[0]
    assert shown == message(form={"title": "Tờ khai", "step": 1, "total": 1})


@pytest.mark.parametrize(
    "other",
    [
        message(),
        message(form={"title": "x"}),
        message(form={"sealed": "d1"}),
        message(form=SEALED, author="agent"),
        message(form=SEALED, author="citizen"),
        message(text='{"sealed": {"draft": "d1"}}'),
    ],
)
def test_nothing_else_is_touched(other: dict[str, Any]) -> None:
    assert Reveal(ReviewDouble()).messages("c", [other]) == [other]


def test_what_is_stored_is_left_as_it_is() -> None:
    stored = [message(form=dict(SEALED))]
    Reveal(ReviewDouble()).messages("c", stored)
    assert stored == [message(form=SEALED)]


def test_the_citizen_reads_the_values_by_every_way_and_nobody_stores_them(own: Running) -> None:
    talk = own.open()
    first = talk.say("cho em xem lại", client_id="same").json()["messages"]
    assert first[-1]["form"]["review"] == SHOWN
    assert VALUE in first[-1]["text"]
    assert talk.say("cho em xem lại", client_id="same").json()["messages"] == first
    assert talk.messages()[-1] == first[-1]
    assert read(talk, 1, last_id=talk.messages()[-2]["id"]) == [first[-1]]
    assert VALUE not in json.dumps(own.context.store.messages(talk.id), ensure_ascii=False), "what the console shows"
    for path in own.context.settings.home.rglob("isee.db*"):
        assert VALUE.encode() not in path.read_bytes()
        assert VALUE not in path.read_bytes().decode("unicode_escape", "ignore"), "JSON may escape letters"


def test_another_conversation_has_nothing_to_read(own: Running) -> None:
    talk = own.open()
    talk.say("cho em xem lại")
    stranger = Talk(own, talk.id, own.open().token, [])
    answer = own.http.get(f"{stranger.path}/messages", headers=stranger.headers)
    assert answer.status_code == 401
    assert VALUE not in answer.text
