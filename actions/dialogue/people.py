"""Actions that lead to people: hand-off, complaint, abuse."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk import Tracker

from actions.answers import Answerer, Outcome, Turn
from actions.answers.buttons import payload
from actions.dialogue.base import DialogueAction, last_question, spoken
from actions.handoff.desk import Desk
from actions.services import Services
from common.messages import Button, Reply, Status

__all__ = ["Abuse", "Complain", "Handoff"]

_RUDE_BEFORE_PERSON = 2
# Below this confidence of the classifier a text that names a procedure is a question, whatever single word it holds.
_SURE = 0.8


def _misread(answerer: Answerer, turn: Turn) -> Outcome | None:
    return answerer.misread(turn) if turn.confidence < _SURE else None


class Handoff(DialogueAction):
    """Opens a ticket and says when a person answers."""

    action_name = "action_handoff"

    def __init__(self, services: Services, answerer: Answerer) -> None:
        super().__init__(services, answerer)
        self._desk = Desk(services)

    def outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        if turn.text and not spoken(self.name(), turn):
            return self._answerer.answer(turn)
        procedure = (self._answerer.petition(turn) or _misread(self._answerer, turn)) if turn.text else None
        if procedure is not None:
            return procedure
        question = last_question(tracker, but=("talk_to_person",))
        _, reply = self._desk.request(str(tracker.sender_id), turn, "asked", question)
        return Outcome((reply,))


class Complain(DialogueAction):
    """Takes a complaint down on a ticket, regretting the trouble, and leaves the rest to a person. Who asks for the
    formal procedure (khiếu nại, tố cáo) is told about it.
    """

    action_name = "action_complain"

    def __init__(self, services: Services, answerer: Answerer) -> None:
        super().__init__(services, answerer)
        self._desk = Desk(services)

    def outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        procedure = self._answerer.petition(turn) or _misread(self._answerer, turn)
        if procedure is not None:
            return procedure
        if turn.text and not spoken(self.name(), turn):
            return self._answerer.answer(replace(turn, intent=""))
        ticket, _ = self._desk.request(str(tracker.sender_id), turn, "complaint")
        text = self._services.messages.render("complaint.text", number=ticket.number)
        return Outcome((Reply(text=text, status=Status.HANDED_OFF, buttons=self._desk.buttons()),))


class Abuse(DialogueAction):
    """Stays calm; after repeated abuse offers a person instead of more of the same."""

    action_name = "action_abuse"

    def outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        messages = self._services.messages
        rude = sum(
            event.get("event") == "user"
            and ((event.get("parse_data") or {}).get("intent") or {}).get("name") == "abuse"
            for event in tracker.events
        )
        key = "abuse.person" if rude >= _RUDE_BEFORE_PERSON else "abuse.calm"
        buttons = [
            Button(title=messages.render("button.person"), payload=payload("talk_to_person")),
            Button(title=messages.render("button.start_over"), payload=payload("start_over")),
        ]
        return Outcome((Reply(text=messages.render(key), status=Status.SMALLTALK, buttons=buttons),))
