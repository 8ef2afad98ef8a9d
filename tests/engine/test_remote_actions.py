"""The prepared check of action results accepts and refuses what Rasa's own does."""

import pytest

pytest.importorskip("rasa.engine", reason="needs the Rasa environment")

from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction

from bot.engine import remote_actions

pytestmark = pytest.mark.rasa

GOOD = {"events": [{"event": "slot", "name": "case", "value": None}], "responses": [{"text": "Dạ"}]}
BAD = [{"events": "none", "responses": []}, {"events": [], "responses": {"text": "Dạ"}}]


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    monkeypatch.setattr(RemoteAction, "_validate_action_result", RemoteAction._validate_action_result)
    remote_actions.install()


def action() -> RemoteAction:
    return RemoteAction("action_answer", None)


def test_a_good_result_passes():
    assert action()._validate_action_result(GOOD) is True


@pytest.mark.parametrize("result", BAD)
def test_a_bad_result_is_refused_and_names_the_action(result):
    with pytest.raises(ValidationError) as error:
        action()._validate_action_result(result)
    assert "action_answer" in error.value.message
