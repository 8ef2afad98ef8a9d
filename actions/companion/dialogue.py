"""rasa-sdk actions of e-forms and tracking: thin, over DraftService, Registry and Intake.

The loop `eform` only marks that a form is open; each action changes the draft and says what comes next. Outside
the loop an action starts it (FollowupAction), and the loop asks through `action_ask_eform_input`.
"""

from __future__ import annotations

from rasa_sdk import Action

from actions.answers import Answerer
from actions.companion import (
    appointments_chat,
    form_actions,
    form_leaving,
    notices_chat,
    payments_chat,
    refusals_chat,
    results_chat,
    rights_chat,
    supplement_actions,
    track_actions,
)
from actions.companion.base import DossierServices
from actions.companion.cards import Cards
from actions.dossiers import MESSAGES_FILE
from actions.messages import Messages

__all__ = ["DossierServices", "build_actions"]


def build_actions(services: DossierServices, answerer: Answerer | None = None) -> list[Action]:
    """Every action of the dossier room, for the action executor. Without `answerer`, a form starts only by button or
    for the procedure under discussion, and no command is taken for a question.
    """
    cards = Cards(Messages.load(MESSAGES_FILE), services.settings.portal_url, services.dossiers.form_pages,
        services.dossiers.aids, services.dossiers.pages)
    told = (*form_actions.STEERING, *form_leaving.ACTIONS, *notices_chat.ACTIONS, *rights_chat.ACTIONS,
        *appointments_chat.ACTIONS, *payments_chat.ACTIONS)
    steering = (kind(services, cards, answerer) for kind in told)
    kinds = (*form_actions.ASKING, *track_actions.ACTIONS, *supplement_actions.ACTIONS, *results_chat.ACTIONS,
        *refusals_chat.ACTIONS)
    others = (kind(services, cards) for kind in kinds)
    built = [*steering, *others]
    for action in built:
        action.answerer = answerer
    return list(built)
