"""Actions about procedures: answer, choose, correct."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk import Tracker

from actions.answers import Answerer, Outcome, Turn
from actions.dialogue.base import DialogueAction, spoken
from actions.dialogue.centres import CentreAnswers
from actions.services import Services

__all__ = ["Affirm", "Answer", "ChooseCase", "ClarifyChoice", "CorrectTopic", "OutOfScope", "Unknown"]


# Below this the classifier only guesses that a text says yes.
_SURELY_YES = 0.6


class Answer(DialogueAction):
    """Answers a question about a procedure."""

    action_name = "action_answer"

    def __init__(self, services: Services, answerer: Answerer) -> None:
        super().__init__(services, answerer)
        self._centres = CentreAnswers(services)

    def outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        wanted = None if turn.foreign else self._cases.wanted(turn, tracker)
        if wanted:
            return wanted
        outcome = self._answerer.answer(turn)
        if not turn.foreign:
            outcome = self._centres.instead(turn, outcome)
        return _aside(outcome) if turn.in_form else outcome


class ClarifyChoice(DialogueAction):
    """One of the procedures offered."""

    action_name = "action_clarify_choice"

    def outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        return self._answerer.choose(turn)


class ChooseCase(DialogueAction):
    """The case of the procedure that applies."""

    action_name = "action_choose_case"

    def outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        return self._cases.chosen(turn, tracker) or self._answerer.choose_case(turn)


class CorrectTopic(DialogueAction):
    """Another procedure than the one answered."""

    action_name = "action_correct_topic"

    def outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        return self._answerer.correct(turn)


class Affirm(DialogueAction):
    """A bare yes."""

    action_name = "action_affirm"

    def outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        if turn.text and turn.confidence < _SURELY_YES and not spoken(self.name(), turn):
            return self._answerer.answer(replace(turn, intent=""))  # "ai xét ạ" is short, and no yes
        return self._answerer.affirm(turn)


class OutOfScope(DialogueAction):
    """Outside public services."""

    action_name = "action_out_of_scope"

    def outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        outcome = self._answerer.out_of_scope(turn)
        return _aside(outcome) if turn.in_form else outcome


class Unknown(DialogueAction):
    """Nothing else fits: search decides, and says so when it finds nothing."""

    action_name = "action_unknown"

    def outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        return self._answerer.answer(turn) if turn.text else self._answerer.unknown(turn)


def _aside(outcome: Outcome) -> Outcome:
    """An answer inside a form: the form's procedure stays under discussion, and the form says what comes next."""
    return Outcome(tuple(reply.model_copy(update={"buttons": []}) for reply in outcome.replies))
