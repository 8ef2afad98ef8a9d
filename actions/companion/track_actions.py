"""Tracking a dossier: code first, then the PIN, which the dialogue engine never sees. A conversation that has proved
already that the dossier is its citizen's is not asked again."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.companion.base import DossierServices, EformAction, Turn, written_code
from actions.companion.cards import Cards
from actions.companion.status_cards import StatusCards
from actions.dossiers.registry.status import PublicStatus
from actions.notices.after import after_status
from common.errors import InvalidInput, NotFound, TooManyRequests
from common.identifier_parsing import province_of
from common.identifiers import parse_dossier_code
from common.messages import Status

__all__ = ["ACTIONS"]

_MOST_OFFERED = 5


class _Tracking(EformAction):
    def __init__(self, services: DossierServices, cards: Cards) -> None:
        super().__init__(services, cards)
        self.status_cards = StatusCards(cards, services.dossiers)

    def tell(self, turn: Turn, status: PublicStatus) -> None:
        if turn.entity("act") == "withdraw":
            turn.say(self.status_cards.withdrawal(status))
            return
        turn.say(self.status_cards.status(status))
        turn.replies += after_status(
            self.dossiers.notices, self.services.kb, status.status, status.procedure_code)


class Track(_Tracking):
    """Asks for the code, or for the PIN of the code given."""

    def name(self) -> str:
        return "action_track_dossier"

    def perform(self, turn: Turn) -> None:
        if turn.entity("act") == "pin_lost":
            turn.say(self.cards.say("track.pin_lost", Status.CONTROL, [self.cards.person()]))
            return
        code = turn.entity("dossier_code") or written_code(turn.text)
        held = self.dossiers.access.held(turn.conversation_id)
        if not code and len(held) == 1:
            # "hồ sơ của tôi đến đâu rồi": there is one, proved to be theirs. Any other is asked for by its code.
            self.tell(turn, self.dossiers.registry.status(held[0]))
            return
        if not code:
            turn.say(self.status_cards.which(held[:_MOST_OFFERED]))
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
        elif parsed.value in held:
            self.tell(turn, self.dossiers.registry.status(parsed.value))
        else:
            self.dossiers.intake.expect_pin(turn.conversation_id, parsed.value)
            turn.say(self.cards.say("track.ask_pin", Status.CONTROL, code=parsed.value))


class TrackPin(_Tracking):
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
            # The next digits are another try.
            turn.say(self.cards.error(problem.detail, [self.cards.person()]))
        else:
            pending.forget_pin(turn.conversation_id)
            self.dossiers.access.grant(turn.conversation_id, status.code, "pin")
            self.tell(turn, status)


ACTIONS = (Track, TrackPin)
