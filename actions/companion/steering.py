"""What commands to an open form share."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.answers import Answerer, Outcome
from actions.companion.base import DossierServices, EformAction, Turn
from actions.companion.cards import Cards

__all__ = ["Steering", "guessed", "take_over", "typed"]

# Below this the classifier guesses.
_SURE = 0.6


def take_over(turn: Turn, outcome: Outcome) -> None:
    """Says what the answering code says, and keeps what it remembers."""
    turn.replies += outcome.replies
    turn.events += [SlotSet(name, value) for name, value in outcome.slots.items()]


def typed(turn: Turn) -> bool:
    """Whether the turn is free text, not a pressed button."""
    return bool(turn.text) and not turn.text.startswith("/")


def guessed(turn: Turn) -> bool:
    """Whether the intent is only the classifier's guess: too little to erase anything for."""
    return typed(turn) and turn.said.confidence < _SURE


class Steering(EformAction):
    """A command to an open form. Where none is open, a text that names a procedure is a question that the classifier
    misread ("đổi tên trong giấy khai sinh" isn't a field to edit).
    """

    def __init__(self, services: DossierServices, cards: Cards, answerer: Answerer | None = None) -> None:
        super().__init__(services, cards)
        self._answerer = answerer

    # Whether the command is about what the chat shows, which answers on the page may have overtaken.
    about_what_is_shown = True

    def perform(self, turn: Turn) -> None:
        outcome = self._misread(turn)
        draft = self.dossiers.drafts.active(turn.conversation_id)
        if outcome is None and self.about_what_is_shown and draft and draft.elsewhere:
            self.dossiers.drafts.note(turn.conversation_id, self.cards.say("eform.elsewhere").text)
            self.go_on(turn)
        elif outcome is None:
            self.steer(turn)
        else:
            # Answered here: after a follow-up action no rule fits the intent, and Rasa would answer until its limit.
            take_over(turn, outcome)

    def steer(self, turn: Turn) -> None:
        """What the command does; subclasses say it."""
        raise TypeError(f"{type(self).__name__} does not steer anything")

    def _misread(self, turn: Turn) -> Outcome | None:
        if self._answerer is None or not typed(turn) or turn.entity("eform_input"):
            return None
        open_ = turn.in_loop or self.dossiers.drafts.active(turn.conversation_id)
        return None if open_ else self._answerer.misread(turn.said)
