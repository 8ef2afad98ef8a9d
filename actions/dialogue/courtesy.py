"""Goodbyes, thanks and calls for help: the domain's own responses, unless they answer an open question."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from anyio import to_thread
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import Outcome, Turn
from actions.answers.aspect import aspect_of_words
from actions.dialogue.base import DialogueAction, last_replies, read_turn

__all__ = ["Courtesy"]

# Below this the classifier only guesses that a text is courtesy.
_SURE = 0.5


class Courtesy(DialogueAction):
    """“Thôi bà không biết” sounds like a goodbye to the classifier; after a question about cases it is an answer. So
    does “hướng dẫn mình … với ạ” with a procedure's name, where none is under discussion, and “can gi”, where one is.
    """

    action_name = "action_courtesy"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        turn = read_turn(tracker)
        last = last_replies(tracker) if turn.text else []
        outcome = await to_thread.run_sync(self._meant, turn, tracker, last)
        if outcome is not None:
            return self.say(dispatcher, tracker, self._answerer.shown(outcome, turn.procedure))
        dispatcher.utter_message(response=f"utter_{turn.intent}")
        return []

    def _meant(self, turn: Turn, tracker: Tracker, last: list[dict[str, Any]]) -> Outcome | None:
        outcome = self.answered(turn, tracker, last)
        if outcome is None and turn.text and not (turn.foreign or turn.procedure or turn.candidates):
            return self._answerer.misread(turn)
        guessed = turn.confidence < _SURE and not turn.foreign and (turn.procedure or turn.candidates)
        if outcome is None and turn.text and guessed and aspect_of_words(turn.text):
            return self._answerer.answer(replace(turn, intent=""))
        return outcome
