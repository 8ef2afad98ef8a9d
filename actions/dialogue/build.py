"""All actions of conversation, made once over the services."""

from __future__ import annotations

from rasa_sdk import Action

from actions.answers import Answerer
from actions.dialogue import answering, centres, control, courtesy, people
from actions.dialogue.base import DialogueAction
from actions.services import Services

__all__ = ["build_actions"]

_CLASSES: tuple[type[DialogueAction], ...] = (
    answering.Answer,
    answering.ClarifyChoice,
    answering.ChooseCase,
    answering.CorrectTopic,
    answering.Affirm,
    answering.OutOfScope,
    answering.Unknown,
    people.Handoff,
    people.Complain,
    people.Abuse,
    centres.FindCentre,
    control.Repeat,
    control.StartOver,
    courtesy.Courtesy,
)


def build_actions(services: Services, answerer: Answerer | None = None) -> list[Action]:
    """The actions named in domain.yml, except those of the dossiers."""
    answerer = answerer or Answerer(services)
    return [action(services, answerer) for action in _CLASSES]
