"""Guides whose answers staff withhold: the citizen is told so, and offered a person."""

from __future__ import annotations

from dataclasses import replace

from actions.answers.buttons import payload
from actions.answers.compose import short_name
from actions.answers.turn import Outcome
from actions.services import Services
from common.messages import Answer, Aspect, Button, ProcedureRef, Reply, Status

__all__ = ["Withholding"]


class Withholding:
    """Looks through what is about to be said."""

    def __init__(self, services: Services) -> None:
        self._kb, self._messages, self._withheld = services.kb, services.messages, services.withheld

    def shown(self, outcome: Outcome, under_discussion: str | None = None) -> Outcome:
        """`outcome`, or in its place the word that the guide is being checked. A reply is the guide's when it carries
        its answer, or asks for a case of the procedure that the outcome is about.
        """
        about = outcome.slots.get("procedure", under_discussion)
        for reply in outcome.replies:
            code = reply.answer.procedure.code if reply.answer else about if reply.form else None
            if code and self._withheld(code):
                slots = {**outcome.slots, "candidates": None, "rivals": None}
                return replace(outcome, replies=(self._instead(code),), slots=slots)
        return outcome

    def _instead(self, code: str) -> Reply:
        """No field of the guide; the procedure is named, so that others can see what was asked for."""
        published = self._kb.get(code)
        name = short_name(published.guide) if published else code
        return Reply(
            text=self._messages.render("withheld.text", name=name), status=Status.ABSTAINED,
            buttons=[
                Button(title=self._messages.render("button.person"), payload=payload("talk_to_person")),
                Button(title=self._messages.render("button.other"), payload=payload("correct_topic")),
            ],
            answer=Answer(
                procedure=ProcedureRef(code=code, name=published.guide.name if published else code),
                aspect=Aspect.OVERVIEW, guide_version=published.version if published else 0, fields={}))
