"""In chat: what a dossier costs, whether it is paid, and where to pay."""

from __future__ import annotations

from actions.answers import Answerer
from actions.companion.base import DossierServices, Turn, written_code
from actions.companion.cards import Cards
from actions.companion.steering import Steering
from actions.dossiers.payments.build import MESSAGES_FILE
from actions.dossiers.payments.view import PaymentView
from actions.messages import Messages
from common.messages import Button, DossierRef, Reply, Status

__all__ = ["ACTIONS"]

_MANY = 6


class PayFee(Steering):
    """Shows the fee of the dossier meant; asks which, or for its code and PIN, when that is not clear. A text that
    names a procedure, where there is no dossier, is a question about it ("nộp xong … thì được trả cái gì").
    """

    def __init__(self, services: DossierServices, cards: Cards, answerer: Answerer | None = None) -> None:
        super().__init__(services, cards, answerer)
        self._texts = Messages.load(MESSAGES_FILE)

    def name(self) -> str:
        return "action_pay_fee"

    def perform(self, turn: Turn) -> None:
        named = bool(turn.entity("dossier_code") or written_code(turn.text))
        if named or self.dossiers.access.held(turn.conversation_id):
            self.steer(turn)
        else:
            super().perform(turn)

    def steer(self, turn: Turn) -> None:
        given = turn.entity("dossier_code") or written_code(turn.text)
        held = self.dossiers.access.held(turn.conversation_id)
        if not given:
            self._without_code(turn, held)
            return
        code = self.named_dossier(turn, given, held)
        if code:
            turn.say(self._reply(self.dossiers.payments.of(code)))

    def _without_code(self, turn: Turn, held: list[str]) -> None:
        views = [self.dossiers.payments.of(code) for code in held[:_MANY]]
        owing = [view for view in views if view.payable] or views
        if len(owing) == 1:
            turn.say(self._reply(owing[0]))
            return
        key = "payment.chat.which" if owing else "payment.chat.none"
        buttons = [
            Button(title=self._say("dossier", code=view.code), payload=f'/pay_fee{{"dossier_code":"{view.code}"}}')
            for view in owing
        ]
        turn.say(Reply(text=self._texts.render(key), status=Status.CLARIFIED, buttons=buttons or [self.cards.person()]))

    def _reply(self, view: PaymentView) -> Reply:
        pages = self.dossiers.pages
        text = self._say(
            "says", code=view.code, procedure=view.procedure, text=view.status_text, officer=view.basis == "officer",
            by_officer=self._texts.render("payment.by_officer"), notes=view.notes, where=view.where)
        title = self._say("pay" if view.payable else "page")
        buttons = [Button(title=title, url=pages.address(view.code, "/payment"))]
        if view.status == "paid":
            receipt = pages.address(view.code, "/payment/receipt.pdf")
            buttons = [Button(title=self._say("receipt"), url=receipt), *buttons]
        elif view.payable and view.transfer is None:
            buttons.append(self.cards.portal())
        dossier = self.dossiers.registry.status(view.code)
        return Reply(
            text=text, status=Status.ANSWERED, buttons=[*buttons, self.cards.person()],
            dossier=DossierRef(code=view.code, status=dossier.status))

    def _say(self, key: str, **values: object) -> str:
        return self._texts.render(f"payment.chat.{key}", **values)


ACTIONS = (PayFee,)
