"""Questions in other languages: answered with the guide's English name and fields, the rest marked as Vietnamese."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from actions.answers import Answerer, Turn
from common.database import Database
from common.language import Language, speaking
from common.messages import Status
from tests.actions.support import NameHit, NameResult, services_over

BIRTH, MARRIAGE, PASSPORT = "1.001193", "1.000894", "1.001456"


class Told:
    """A search that finds what a test says."""

    def __init__(self, decision: str, *codes: str) -> None:
        hits = [NameHit(code, code, 0.9 - place / 10) for place, code in enumerate(codes)]
        self.result = NameResult(decision, 0.9, hits)
        self.asked: list[Any] = []

    def search(self, text: str, k: int = 10, *, language: Language | None = None) -> NameResult:
        self.asked.append((text, language))
        return self.result

    def among(self, text: str, codes: Sequence[str], before: str = "") -> list[Any]:
        return []


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("foreign")
    return services_over(Database(f"sqlite:///{folder / 'isee.db'}"))


def ask(services: Any, search: Told, text: str, intent: str = "ask_overview", **turn: Any) -> Any:
    answerer = Answerer(replace(services, search=search))
    with speaking("en"):
        return answerer.answer(Turn(text=text, intent=intent, foreign=True, **turn))


def test_the_answer_carries_the_english_name_and_says_what_is_vietnamese(services: Any) -> None:
    search = Told("answer", BIRTH, MARRIAGE)
    outcome = ask(services, search, "how do I register my baby")
    reply = outcome.replies[0]
    assert reply.status is Status.ANSWERED and search.asked == [("how do I register my baby", "en")]
    assert reply.answer.procedure.name == "Birth registration" and reply.answer.procedure.code == BIRTH
    assert "Birth registration" in reply.text and "Time limit: 1 day" in reply.text and "in person" in reply.text
    assert "exist only in Vietnamese" in reply.text
    assert reply.answer.fields["name"].startswith("Thủ tục đăng ký khai sinh")
    assert [button.title for button in reply.buttons][-1] == "No, another procedure"
    assert outcome.slots["procedure"] == BIRTH


def test_the_guides_own_words_stay_word_for_word(services: Any) -> None:
    reply = ask(services, Told("answer", BIRTH), "papers for a birth", "ask_documents").replies[0]
    shown = [paper["name"] for paper in reply.answer.fields["documents"] if paper.get("when") is None]
    assert shown and all(name in reply.text for name in shown)


def test_a_question_without_a_matter_is_about_the_procedure_under_discussion(services: Any) -> None:
    search = Told("answer", MARRIAGE)
    outcome = ask(services, search, "how long does it take?", "ask_time", procedure=PASSPORT)
    assert search.asked == [] and outcome.slots["procedure"] == PASSPORT
    assert outcome.replies[0].text.startswith('Time limit')
    assert "working days" in outcome.replies[0].text


def test_doubt_is_asked_back_with_english_names(services: Any) -> None:
    outcome = ask(services, Told("clarify", BIRTH, MARRIAGE), "registration at the commune")
    assert outcome.replies[0].status is Status.CLARIFIED and outcome.slots["candidates"] == [BIRTH, MARRIAGE]
    assert [button.title for button in outcome.replies[0].buttons] == [
        "Birth registration", "Marriage registration", "None of these"]


def test_words_that_are_nearest_to_an_offer_choose_it(services: Any) -> None:
    offered = {"candidates": (BIRTH, MARRIAGE), "aspect": "fee"}
    outcome = ask(services, Told("clarify", MARRIAGE, BIRTH), "the wedding one", **offered)
    assert outcome.slots["procedure"] == MARRIAGE and outcome.slots["aspect"] == "fee"


def test_nothing_fits(services: Any) -> None:
    reply = ask(services, Told("abstain", BIRTH), "gold price today").replies[0]
    assert reply.status is Status.ABSTAINED and reply.answer is None and "will not guess" in reply.text
    silent = ask(services, Told("abstain", MARRIAGE), "my dog is ill", procedure=BIRTH).replies[0]
    assert silent.status is Status.ABSTAINED and "I cannot tell this from the guide" in silent.text


def test_without_anything_said_before_the_matter_is_asked_for(services: Any) -> None:
    reply = ask(services, Told("answer", BIRTH), "how much is it?", "ask_fee").replies[0]
    assert reply.status is Status.CLARIFIED and reply.text.startswith("What is your question about?")


def test_without_the_dialogue_engine_english_is_answered_too(services: Any) -> None:
    answerer = Answerer(replace(services, search=Told("answer", PASSPORT)))
    with speaking("zh"):
        replies = answerer.answer_without_dialogue("办护照要多少钱")
    assert replies[0].answer is not None and replies[0].answer.aspect == "fee" and "Fees for" in replies[0].text
    assert replies[-1].text.startswith("Part of the conversation system is temporarily unavailable")


def test_vietnamese_is_as_it_was(services: Any) -> None:
    answerer = Answerer(replace(services, search=Told("answer", BIRTH)))
    reply = answerer.answer(Turn(text="làm giấy khai sinh", intent="ask_time")).replies[0]
    assert reply.text.startswith("Dạ, thời hạn") and reply.answer is not None
    assert reply.answer.procedure.name == "Thủ tục đăng ký khai sinh" and "name_en" not in reply.answer.fields
