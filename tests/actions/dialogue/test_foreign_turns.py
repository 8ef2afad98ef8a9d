"""A question in another language comes as an intent with its words beside it."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker

from actions.dialogue.base import last_question, read_turn

QUESTION = {"question": "how much is a passport", "language": "en"}


def tracker(message: dict[str, Any], events: list[dict[str, Any]] | None = None) -> Tracker:
    return Tracker("c", {}, message, events or [], False, None, {}, "")


def test_the_words_of_a_question_are_read_from_beside_its_intent() -> None:
    message = {"text": "/ask_fee", "intent": {"name": "ask_fee", "confidence": 1.0}, "metadata": QUESTION}
    turn = read_turn(tracker(message))
    assert (turn.text, turn.intent, turn.foreign) == ("how much is a passport", "ask_fee", True)


def test_a_button_has_no_words() -> None:
    turn = read_turn(tracker({"text": "/ask_fee", "intent": {"name": "ask_fee"}, "metadata": {"language": "en"}}))
    assert (turn.text, turn.foreign) == ("", False)


def test_an_officer_reads_the_question_as_it_was_asked() -> None:
    parsed = {"intent": {"name": "ask_fee"}}
    events = [{"event": "user", "text": "/ask_fee", "metadata": QUESTION, "parse_data": parsed}]
    assert last_question(tracker({}, events)) == "how much is a passport"
