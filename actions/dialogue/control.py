"""Actions that steer: repeat, start over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import ValidationError
from rasa_sdk import Tracker

from actions.answers import Outcome, Turn
from actions.answers.buttons import payload
from actions.answers.words import says
from actions.dialogue.base import DialogueAction, last_replies, spoken
from common.messages import Button, Reply, Status

__all__ = ["Repeat", "StartOver"]

# Below this the classifier only guesses that a text steers.
_SURE = 0.6


class Repeat(DialogueAction):
    """Says the latest replies again, as they were."""

    action_name = "action_repeat"

    def outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        again = [reply for reply in map(_reply, last_replies(tracker)) if reply]
        if again:
            return Outcome(tuple(again))
        # A long conversation starts a new session, which keeps the slots and not the words.
        remembered = self._answerer.again(turn)
        if remembered is not None:
            return remembered
        text = self._services.messages.render("control.nothing_to_repeat")
        return Outcome((Reply(text=text, status=Status.CONTROL),))


class StartOver(DialogueAction):
    """Forgets the procedure under discussion and asks anew. Also for "back" and "cancel" where no form is open."""

    action_name = "action_start_over"

    def outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        if turn.intent == "start_over" and turn.text and not spoken(self.name(), turn):
            return self._answerer.answer(replace(turn, intent=""))
        guessed = turn.text and turn.confidence < _SURE and turn.procedure
        if guessed and says("asking", turn.text) and not says("returning_to", turn.text):
            return self._answerer.answer(replace(turn, intent=""))
        messages = self._services.messages
        form_words = turn.intent in ("go_back", "skip", "cancel")
        matter = self._answerer.steered_to(turn) if form_words and turn.text else None
        if matter is not None:
            return matter
        text = messages.render("control.no_form" if form_words else "control.start_over")
        buttons = [
            Button(title=messages.render("button.track"), payload=payload("track_dossier")),
            Button(title=messages.render("button.centre"), payload=payload("find_centre")),
            Button(title=messages.render("button.help"), payload=payload("help")),
        ]
        slots = {} if form_words else dict.fromkeys(("procedure", "case", "candidates", "rivals", "aspect", "commune"))
        return Outcome((Reply(text=text, status=Status.CONTROL, buttons=buttons),), slots)


def _reply(custom: dict[str, Any]) -> Reply | None:
    """A stored custom part as a reply; None when it is no reply of ours."""
    try:
        return Reply.model_validate(custom)
    except ValidationError:
        return None
