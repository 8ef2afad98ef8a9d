"""Answers from search alone, for the time in which the dialogue engine is late or down."""

from __future__ import annotations

from dataclasses import replace

from actions.answers.answerer import TurnAnswerer
from actions.answers.hearing import hear
from actions.answers.turn import Outcome, Turn
from actions.answers.withheld import Withholding
from actions.services import Services
from common.language import asked_in, in_english
from common.messages import Reply, Status

__all__ = ["Answerer"]


class Answerer(TurnAnswerer):
    """Everything that answers about procedures, with or without the dialogue engine."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._withholding = Withholding(services)

    def shown(self, outcome: Outcome, under_discussion: str | None = None) -> Outcome:
        """`outcome` as a citizen may see it: guides that staff withhold say only that they are being checked."""
        return self._withholding.shown(outcome, under_discussion)

    def answer_without_dialogue(self, text: str, last_procedure: str | None = None) -> list[Reply]:
        """The replies to `text`, the last of them saying that the service runs reduced.

        No intents here: the aspect comes from the words, the procedure from the index or the last answer.
        """
        replies = self.answer_alone(text, last_procedure)
        first = replies[0]
        if first.status is Status.ABSTAINED and first.answer is None:
            return [first.model_copy(update={"text": self._messages.render("degraded.unknown")})]
        note = Reply(text=self._messages.render("degraded.note"), status=first.status)
        return [*replies, note]

    def answer_about(self, text: str, code: str) -> list[Reply]:
        """The replies to `text` where it is settled which procedure is meant: that part of the guide, word for word."""
        turn = Turn(text=text, confidence=0.0, entities={"procedure_code": (code,)})
        return list(self.answer(turn).replies)

    def answer_alone(self, text: str, last_procedure: str | None = None) -> list[Reply]:
        """The replies to `text` without intents, as a suggestion to a person."""
        turn = Turn(text=text, confidence=0.0, procedure=last_procedure)
        if in_english():
            heard = hear(text, asked_in())
            turn = replace(turn, intent=heard.intent.removeprefix("/"), foreign=True)
        return list(self.shown(self.answer(turn)).replies)
