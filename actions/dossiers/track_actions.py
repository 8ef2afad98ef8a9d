"""Tracking a dossier: code first, then the PIN, which the dialogue engine never sees."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.dossiers.action_base import EformAction, Turn
from common.errors import InvalidInput, NotFound, TooManyRequests
from common.identifier_parsing import province_of
from common.identifiers import find, parse_dossier_code
from common.messages import Status

__all__ = ["ACTIONS"]


class Track(EformAction):
    """Asks for the code, or for the PIN of the code given."""

    def name(self) -> str:
        return "action_track_dossier"

    def perform(self, turn: Turn) -> None:
        code = turn.entity("dossier_code") or _written(turn.text)
        if not code:
            own = self.dossiers.submissions.latest(turn.conversation_id)
            buttons = [self.cards.track(own.code, by_code=True)] if own else []
            turn.say(self.cards.say("track.ask_code", Status.CONTROL, buttons))
            return
        try:
            parsed = parse_dossier_code(code)
        except InvalidInput as problem:
            turn.say(self.cards.error(problem.detail, [self.cards.person()]))
            return
        turn.events.append(SlotSet("dossier_code", parsed.value))
        if parsed.province != province_of(self.services.settings.agency_code):
            buttons = [self.cards.portal(), self.cards.person()]
            place = self.services.settings.province
            turn.say(self.cards.say("track.elsewhere", Status.ANSWERED, buttons, code=parsed.value, province=place))
            return
        self.dossiers.intake.expect_pin(turn.conversation_id, parsed.value)
        turn.say(self.cards.say("track.ask_pin", Status.CONTROL, code=parsed.value))


class TrackPin(EformAction):
    """Looks the dossier up with the sealed PIN."""

    def name(self) -> str:
        return "action_track_pin"

    def perform(self, turn: Turn) -> None:
        pending = self.dossiers.intake.pending
        entered = pending.take(turn.conversation_id, turn.entity("ref"))
        if entered is None or entered.kind != "pin":
            turn.say(self.cards.say("track.expired", Status.CONTROL))
            return
        try:
            # By caller where the channel knows one: a new conversation must not give new tries.
            client = entered.client or turn.conversation_id
            status = self.dossiers.registry.track(entered.dossier_code, entered.text, client)
        except TooManyRequests as problem:
            pending.forget_pin(turn.conversation_id)
            turn.say(self.cards.error(problem.detail, [self.cards.person()]))
        except (NotFound, InvalidInput) as problem:
            # The next four digits are another try.
            turn.say(self.cards.error(problem.detail, [self.cards.person()]))
        else:
            pending.forget_pin(turn.conversation_id)
            self.dossiers.access.grant(turn.conversation_id, status.code, "pin")
            turn.say(self.cards.status(status))


def _written(text: str) -> str:
    """A dossier code in free text that the entity extractor missed."""
    return next((match.value for match in find(text) if match.kind == "dossier_code"), "")


ACTIONS = (Track, TrackPin)
