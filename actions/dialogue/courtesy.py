"""Goodbyes, thanks and calls for help: the domain's own responses, unless they answer an open question."""

from __future__ import annotations

from typing import Any

from anyio import to_thread
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.dialogue.base import DialogueAction, last_replies, read_turn

__all__ = ["Courtesy"]


class Courtesy(DialogueAction):
    """“Thôi bà không biết” sounds like a goodbye to the classifier; after a question about cases it is an answer."""

    action_name = "action_courtesy"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        turn = read_turn(tracker)
        last = last_replies(tracker) if turn.text else []
        outcome = await to_thread.run_sync(self.answered, turn, tracker, last)
        if outcome is not None:
            return self.say(dispatcher, tracker, self._answerer.shown(outcome, turn.procedure))
        dispatcher.utter_message(response=f"utter_{turn.intent}")
        return []
