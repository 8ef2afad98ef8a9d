"""In chat: help with the personal digital signature, and where to check a signed file."""

from __future__ import annotations

from actions.companion.base import EformAction, Turn
from actions.dossiers.results.build import MESSAGES_FILE
from actions.messages import Messages
from common.messages import Button, Reply, Status

__all__ = ["ACTIONS"]


class DigitalSignature(EformAction):
    """What a personal digital signature is for, and the way to the guided help and the check."""

    def name(self) -> str:
        return "action_digital_signature"

    def perform(self, turn: Turn) -> None:
        texts, base = Messages.load(MESSAGES_FILE), self.services.settings.base_url
        buttons = [
            Button(title=texts.render("signature.button.help"), url=f"{base}/signature"),
            Button(title=texts.render("signature.button.check"), url=f"{base}/signature#check"),
            self.cards.person(),
        ]
        turn.say(Reply(text=texts.render("signature.help"), status=Status.ANSWERED, buttons=buttons))


ACTIONS = (DigitalSignature,)
