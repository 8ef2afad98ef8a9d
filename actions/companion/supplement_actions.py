"""The citizen adds what an officer asked for, in the chat."""

from __future__ import annotations

from actions.companion.base import DossierServices, EformAction, Turn, written_code
from actions.companion.cards import Cards
from actions.companion.status_cards import StatusCards
from actions.dossiers.registry.status import PublicStatus

__all__ = ["ACTIONS"]


class Supplement(EformAction):
    """Shows what is asked for, takes the answers one after the other, and says when everything is there."""

    def __init__(self, services: DossierServices, cards: Cards) -> None:
        super().__init__(services, cards)
        self._status = StatusCards(cards, services.dossiers)

    def name(self) -> str:
        return "action_supplement_dossier"

    def perform(self, turn: Turn) -> None:
        self._leave_form(turn)
        if turn.entity("eform_input"):
            self._answer(turn)
        elif turn.entity("ref"):
            self._choose(turn, turn.entity("ref"))
        else:
            self._open(turn, turn.entity("dossier_code") or written_code(turn.text))

    def _open(self, turn: Turn, given: str) -> None:
        """The dossier named, else the one of this conversation that waits."""
        held = self.dossiers.access.held(turn.conversation_id)
        if not given:
            waiting = [code for code in held if self._public(code).open_requests]
            if len(waiting) > 1:
                turn.say(self._status.choose_supplement(waiting))
            elif waiting:
                self._ask(turn, self._public(waiting[0]), first=True)
            elif len(held) == 1:
                turn.say(self._status.nothing_asked(self._public(held[0])))
            else:
                turn.say(self._status.which(held, "supplement.ask_code"))
            return
        code = self.named_dossier(turn, given, held)
        if code:
            self._ask(turn, self._public(code), first=True)

    def _choose(self, turn: Turn, ref: str) -> None:
        """Another of the papers asked for."""
        status = self._of_request(turn, int(ref) if ref.isdigit() else 0)
        if status is None:
            turn.say(self._status.sentence("supplement.over"))
            return
        self._ask(turn, status, first=False, chosen=int(ref))

    def _answer(self, turn: Turn) -> None:
        """What was sent goes to the request that was asked; then the next one is."""
        chat = self.dossiers.supplement_chat
        number = chat.expected(turn.conversation_id) or 0
        status = self._of_request(turn, number)
        given = chat.take(turn.conversation_id, turn.entity("eform_input"))
        if status is None or given is None:
            turn.say(self._status.sentence("supplement.used_up"))
            return
        text, files = given
        self.dossiers.supplements.answer(status.code, number, text=text, files=files)
        self._ask(turn, self._public(status.code), first=False)

    def _ask(self, turn: Turn, status: PublicStatus, *, first: bool, chosen: int = 0) -> None:
        left = status.open_requests
        if not left:
            self.dossiers.supplement_chat.forget(turn.conversation_id)
            done = status.status == "supplemented" and not first
            turn.say(self._status.supplemented(status) if done else self._status.nothing_asked(status))
            return
        item = next((item for item in left if item.id == chosen), left[0])
        self.dossiers.supplement_chat.expect(turn.conversation_id, item.id)
        turn.say(self._status.ask(status, item, first=first))

    def _of_request(self, turn: Turn, number: int) -> PublicStatus | None:
        """The dossier of this conversation that the request belongs to."""
        for code in self.dossiers.access.held(turn.conversation_id):
            status = self._public(code)
            if any(item.id == number for item in status.requests):
                return status
        return None

    def _public(self, code: str) -> PublicStatus:
        return self.dossiers.registry.status(code)

    def _leave_form(self, turn: Turn) -> None:
        """A form being filled in is set aside, so that what comes next is not taken for its answer."""
        if self.dossiers.drafts.active(turn.conversation_id) is not None:
            self.dossiers.drafts.pause(turn.conversation_id)
        turn.close()


ACTIONS = (Supplement,)
