"""A guide that staff withhold says nothing, on any way to it; all others answer as ever."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from actions.answers import Answerer, Turn
from actions.companion.bundle import build_dossiers
from actions.executor import build_executor
from common.database import Database
from common.messages import Status
from tests.actions.support import services_over

BIRTH, OTHER = "1.001193", "1.004873"


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answerer]:
    folder: Path = tmp_path_factory.mktemp("home")
    database = Database(f"sqlite:///{folder / 'isee.db'}")
    database.create_all()
    yield Answerer(replace(services_over(database), withheld=lambda code: code == BIRTH))
    database.dispose()


def test_every_way_to_a_withheld_guide_ends_in_the_same_word(answerer: Answerer) -> None:
    turns = [
        Turn(intent="choose_procedure", entities={"procedure_code": (BIRTH,)}),
        Turn(intent="ask_fee", procedure=BIRTH, entities={"procedure_code": (BIRTH,)}),
        Turn(intent="choose_case", procedure=BIRTH, entities={"case": ("late",)}),
    ]
    ways = [answerer.choose(turns[0]), answerer.choose(turns[1]), answerer.choose_case(turns[2]),
            answerer.again(Turn(procedure=BIRTH, aspect="documents"))]
    for outcome in ways:
        assert outcome and outcome.replies[0].answer and outcome.replies[0].answer.fields, "it has something to say"
        (reply,) = answerer.shown(outcome, BIRTH).replies
        assert reply.status is Status.ABSTAINED and "đang được kiểm tra lại" in reply.text
        assert reply.answer and reply.answer.procedure.code == BIRTH and not reply.answer.fields
        assert not reply.answer.sources and "/talk_to_person" in [button.payload for button in reply.buttons]


def test_without_the_dialogue_engine_too(answerer: Answerer) -> None:
    said = answerer.answer_without_dialogue("lệ phí", BIRTH)
    assert "đang được kiểm tra lại" in said[0].text and not said[0].answer.fields


def test_other_guides_answer_on(answerer: Answerer) -> None:
    turn = Turn(intent="choose_procedure", entities={"procedure_code": (OTHER,)}, procedure=BIRTH)
    outcome = answerer.choose(turn)
    assert answerer.shown(outcome, BIRTH) == outcome
    assert outcome.replies[0].answer and outcome.replies[0].answer.procedure.code == OTHER


async def test_actions_look_before_they_speak(tmp_path: Path) -> None:
    """Answers, and the questions about cases on the way to a personal checklist."""
    database = Database(f"sqlite:///{tmp_path / 'isee.db'}")
    services = replace(services_over(database), withheld=lambda code: code == BIRTH)
    executor = build_executor(
        replace(services, dossiers=build_dossiers(services.settings, database, services.keyring)))
    database.create_all()
    for intent in ("ask_documents", "print_checklist"):
        entities = [{"entity": "procedure_code", "value": BIRTH}]
        message = {"intent": {"name": intent, "confidence": 1.0}, "entities": entities, "text": f"/{intent}"}
        tracker = {
            "sender_id": "c1", "slots": {}, "latest_message": message, "paused": False, "active_loop": {},
            "events": [{"event": "user", "text": f"/{intent}", "parse_data": message}],
            "latest_action_name": "action_listen",
        }
        call = {"next_action": "action_answer", "sender_id": "c1", "tracker": tracker, "version": "3.6.21"}
        said = [message["custom"] for message in (await executor.run(call)).responses]
        assert len(said) == 1 and "đang được kiểm tra lại" in said[0]["text"], (intent, said)
    database.dispose()
