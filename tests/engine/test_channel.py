"""The engine's only door: authentication, bad bodies, what a turn returns. Real server, real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("rasa.engine", reason="needs the Rasa environment")

from bot.engine.channel import ISeeInput
from tests.engine.conftest import Engine

pytestmark = [pytest.mark.rasa, pytest.mark.built, pytest.mark.slow]
WEBHOOK = "/webhooks/isee/webhook"


@pytest.mark.parametrize("secret", [None, "", "wrong", "a secret for these tests onlY"])
@pytest.mark.parametrize("path", [WEBHOOK, "/webhooks/isee/parse"])
def test_without_the_secret_nothing_is_said(engine: Engine, secret: str | None, path: str) -> None:
    status, problem = engine.post(path, {"sender": "x", "message": "xin chào", "text": "xin chào"}, secret)
    assert status == 401
    assert problem["status"] == 401 and "X-ISee-Secret" in problem["detail"]
    assert engine.actions.calls == []


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"[]", {"sender": "a"}, {"sender": "", "message": "x"}, {"sender": "a", "message": 7}],
)
def test_a_bad_body_is_refused_with_a_reason(engine: Engine, body: Any) -> None:
    status, problem = engine.post(WEBHOOK, body)
    assert status == 422
    assert "sender" in problem["detail"] or "message" in problem["detail"]


def test_metadata_must_be_an_object(engine: Engine) -> None:
    status, problem = engine.post(WEBHOOK, {"sender": "a", "message": "x", "metadata": "no"})
    assert (status, "metadata" in problem["detail"]) == (422, True)


def test_no_other_door_is_open(engine: Engine) -> None:
    for path in ("/webhooks/rest/webhook", "/model/parse", "/conversations/x/messages"):
        assert engine.post(path, {"sender": "a", "message": "x", "text": "x"})[0] == 404


def test_a_greeting_comes_back_whole(engine: Engine) -> None:
    turn = engine.say("xin chào")
    assert turn["intent"]["name"] == "greet"
    (reply,) = turn["replies"]
    assert reply["custom"] == {"status": "smalltalk"} and reply["text"] and len(reply["buttons"]) >= 2
    assert turn["active_loop"] is None and turn["slots"] == {"procedure": None, "case": None}


def test_slots_that_an_action_sets_are_reported(engine: Engine) -> None:
    engine.actions.scripts["action_answer"] = [{"event": "slot", "name": "procedure", "value": "1.001193"}]
    turn = engine.say("lệ phí bao nhiêu")
    assert turn["slots"]["procedure"] == "1.001193"
    assert turn["replies"] == [{"custom": {"text": "action_answer", "status": "answered"}}]


def test_the_service_gets_the_secret_and_no_domain(engine: Engine) -> None:
    engine.say("lệ phí bao nhiêu")
    assert engine.actions.secrets == {"a secret for these tests only"}
    assert "domain" not in engine.actions.calls[-1]


@pytest.mark.parametrize("secret", ["", "short", None])
def test_an_engine_without_a_proper_secret_does_not_start(monkeypatch: pytest.MonkeyPatch, secret: str | None) -> None:
    monkeypatch.delenv("ISEE_ENGINE_SECRET", raising=False)
    with pytest.raises(ValueError, match="ISEE_ENGINE_SECRET must hold at least 16 characters"):
        ISeeInput.from_credentials({"secret": secret})


def test_a_long_conversation_does_not_swell_the_action_calls(engine: Engine) -> None:
    engine.actions.scripts["action_answer"] = [{"event": "slot", "name": "procedure", "value": "1.001193"}]
    sizes = []
    for _ in range(45):
        engine.say("lệ phí bao nhiêu")
        sizes.append(len(engine.actions.calls[-1]["tracker"]["events"]))
    assert max(sizes) < 160
    assert engine.say("xin chào")["slots"]["procedure"] == "1.001193"
