"""A regression gate on whole turns: the aspect that an answer is about, and where a later turn leads.

One service, Rasa included, on a copy of the built state. Floors as in test_retrieval.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.evaluation import answers, dialogue
from bot.evaluation.running import Copy, on_a_copy
from common.settings import Settings
from indexer.evaluation.questions import load_questions
from tests.eval.conftest import FOLDER

pytestmark = [pytest.mark.built, pytest.mark.slow]


@pytest.fixture(scope="module")
def copy(built_home: Path) -> Iterator[Copy]:
    with on_a_copy(Settings(home=built_home)) as running:
        yield running
        assert running.fallbacks() == {}, "turns were answered without Rasa: what was measured is not the product"


def test_answers_are_about_what_was_asked(copy: Copy) -> None:
    figures = answers.report(answers.ask_all(load_questions(FOLDER / "aspects.jsonl"), copy))
    assert figures["aspect_right"] >= 0.90
    assert figures["procedure_answered_or_offered"] >= 0.90
    assert figures["wrong_confident"] <= 0.05


def test_later_turns_lead_to_the_right_procedure(copy: Copy) -> None:
    figures = dialogue.report(dialogue.play_all(dialogue.load_dialogues(FOLDER / "dialogues.jsonl"), copy))
    assert figures["primed"] >= 0.85
    assert figures["by_scene"]["follow_up"]["strict"] >= 0.80
