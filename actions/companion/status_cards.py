"""What the chat says of a submitted dossier: where it stands, what is late, what is asked for."""

from __future__ import annotations

from actions.companion.bundle import Dossiers
from actions.companion.cards import Cards
from actions.dossiers import MESSAGES_FILE
from actions.dossiers.registry.build import MESSAGES_FILE as REGISTRY_MESSAGES
from actions.dossiers.registry.offers import offered
from actions.dossiers.registry.status import PublicStatus, RequestView
from actions.messages import Messages
from common.messages import Button, DossierRef, Reply, Status

__all__ = ["StatusCards"]

_MOST_REQUESTS = 8


class StatusCards:
    """Replies about dossiers whose conversation has proved that it may see them: their buttons open the pages."""

    def __init__(self, cards: Cards, dossiers: Dossiers) -> None:
        self._cards = cards
        self._dossiers = dossiers
        self._texts = Messages.load(MESSAGES_FILE, REGISTRY_MESSAGES)

    def status(self, status: PublicStatus) -> Reply:
        """Plain words, with the page and what other parts offer as buttons."""
        spoken = [entry for entry in status.timeline if entry.kind == "state"]
        text = self._texts.render(
            "status.card", line=status.summary, status=status, note=spoken[-1].note if spoken else "")
        buttons = [self._open_supplement(status.code)] if status.open_requests else []
        buttons += [self._page("status.page", status.code), *self._offers(status), self._cards.person()]
        return self._about(status, text, Status.ANSWERED, buttons)

    def withdrawal(self, status: PublicStatus) -> Reply:
        """How this dossier is withdrawn: on its page, where it is confirmed; or that it can't be any more."""
        text = self._texts.render(
            "status.withdrawal", code=status.code, allowed=status.can_withdraw, line=status.summary)
        way = [self._page("status.withdraw", status.code, "/withdraw")] if status.can_withdraw else []
        return self._about(
            status, text, Status.ANSWERED, [*way, self._page("status.page", status.code), self._cards.person()])

    def which(self, codes: list[str], key: str = "track.ask_code") -> Reply:
        """Asks for a code, with the dossiers of this conversation to choose from."""
        buttons = [self._cards.track(code, by_code=True) for code in codes]
        return Reply(text=self._texts.render(key), status=Status.CONTROL, buttons=buttons)

    def choose_supplement(self, codes: list[str]) -> Reply:
        """Several dossiers wait for their citizen: which one?"""
        buttons = [
            Button(title=self._texts.render("track.yours", code=code), payload=_supplement("dossier_code", code))
            for code in codes]
        return Reply(text=self._texts.render("supplement.which"), status=Status.CLARIFIED, buttons=buttons)

    def nothing_asked(self, status: PublicStatus) -> Reply:
        """This dossier waits for nothing from its citizen."""
        text = self._texts.render("supplement.none", line=status.summary, code=status.code)
        return self._about(
            status, text, Status.ANSWERED, [self._page("status.page", status.code), self._cards.person()])

    def ask(self, status: PublicStatus, item: RequestView, *, first: bool) -> Reply:
        """What is asked for, and the one paper or answer that is wanted now."""
        left = status.open_requests
        text = self._texts.render(
            "supplement.ask", items=left[:_MOST_REQUESTS], more=len(left) - _MOST_REQUESTS, item=item, first=first,
            code=status.code)
        others = [
            Button(
                title=(other.subject or self._texts.render("supplement.other"))[:80],
                payload=_supplement("ref", str(other.id)))
            for other in left[:_MOST_REQUESTS] if other.id != item.id]
        buttons = [*others, self._page("supplement.page", status.code, "/supplement"), self._cards.person()]
        return self._about(status, text, Status.FORM, buttons)

    def supplemented(self, status: PublicStatus) -> Reply:
        """Everything asked for is there."""
        text = self._texts.render("supplement.done", line=status.summary)
        return self._about(status, text, Status.ANSWERED, [self._page("status.page", status.code)])

    def sentence(self, key: str, **values: object) -> Reply:
        """One sentence of the registry."""
        return Reply(text=self._texts.render(key, **values), status=Status.CONTROL)

    def _about(self, status: PublicStatus, text: str, kind: Status, buttons: list[Button]) -> Reply:
        dossier = DossierRef(code=status.code, status=status.status)
        return Reply(text=text, status=kind, buttons=buttons, dossier=dossier)

    def _open_supplement(self, code: str) -> Button:
        return Button(title=self._texts.render("status.supplement"), payload=_supplement("dossier_code", code))

    def _page(self, key: str, code: str, below: str = "") -> Button:
        return Button(title=self._texts.render(key), url=self._dossiers.pages.address(code, below))

    def _offers(self, status: PublicStatus) -> list[Button]:
        return [
            Button(title=offer.title[:80], url=self._dossiers.pages.address(status.code, offer.path))
            for offer in offered(self._dossiers.offers, status)]


def _supplement(entity: str, value: str) -> str:
    return f'/supplement_dossier{{"{entity}":"{value}"}}'
