"""Answers from search alone, for the time in which the dialogue engine is late or down."""

from __future__ import annotations

from actions.answers.answerer import TurnAnswerer
from actions.answers.turn import Turn
from common.messages import Reply, Status

__all__ = ["Answerer"]


class Answerer(TurnAnswerer):
    """Everything that answers about procedures, with or without the dialogue engine."""

    def answer_without_dialogue(self, text: str, last_procedure: str | None = None) -> list[Reply]:
        """The replies to `text`, the last of them saying that the service runs reduced.

        No intents here: the aspect comes from the words, the procedure from the index or the last answer.
        """
        outcome = self.answer(Turn(text=text, confidence=0.0, procedure=last_procedure))
        first = outcome.replies[0]
        if first.status is Status.ABSTAINED and first.answer is None:
            return [first.model_copy(update={"text": self._messages.render("degraded.unknown")})]
        note = Reply(text=self._messages.render("degraded.note"), status=first.status)
        return [*outcome.replies, note]
