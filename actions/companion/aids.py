"""What spares typing at a question: the card's QR code, a login, papers that are on hand already.

Buttons send choices that only this module understands (`__card__`, …), sealed like every other answer on their way
through the dialogue engine.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from actions.dossiers.eforms.draft import Draft
from actions.dossiers.eforms.drafts import DraftService
from actions.dossiers.eforms.eform import EField
from actions.dossiers.eforms.intake import CARD, CARD_READ, LOGIN_CODE
from actions.dossiers.eforms.values import Texts
from actions.dossiers.identity.logins import Logins
from actions.dossiers.identity.prefill import is_filled_by_identity
from actions.dossiers.identity.scans import CardScans
from actions.dossiers.papers.reuse import Paper, Reuse
from common.errors import NotFound
from common.links import Links
from common.messages import Button, Reply, Status

__all__ = ["Aid", "Aids"]

_FILL, _DROP = "__card_fill__", "__card_drop__"
_REUSE, _AGREE, _OTHER = "__reuse__:", "__reuse_yes__:", "__reuse_no__"
_LINK_LIFE = timedelta(hours=2)


@dataclass(frozen=True)
class Aid:
    """What is added to a question."""

    text: str
    buttons: list[Button]


class Aids:
    """Offers and carries out. `texts` are those of identity, `papers` those of reuse."""

    def __init__(
        self, drafts: DraftService, scans: CardScans, logins: Logins, reuse: Reuse, links: Links, texts: Texts,
        papers: Texts, base_url: str,
    ) -> None:
        self.scans = scans
        self.logins = logins
        self.reuse = reuse
        self._drafts = drafts
        self._links = links
        self._texts = texts
        self._papers = papers
        self._base_url = base_url

    def at(self, draft: Draft, field: EField) -> Aid | None:
        """What helps with `field`; nothing in practice, where nothing real is used."""
        if draft.practice:
            return None
        if field.type == "file":
            return self._on_hand(draft, field)
        answered = any(is_filled_by_identity(asked) for asked, value in draft.answered if value.value)
        if answered or not is_filled_by_identity(field):
            return None
        buttons = [self._button("card.button.scan", CARD)]
        if self.logins.client.on:
            title = self._texts.render("login.button", provider=self.logins.provider)
            buttons.append(Button(title=title[:80], url=self._base_url + self.login_path(draft)))
        return Aid(self._texts.render("card.offer"), buttons)

    def card_path(self, draft: Draft) -> str:
        """The page where a photo of the card can be given."""
        return f"/card/{self._token(draft)}"

    def login_path(self, draft: Draft) -> str:
        """Where the login for a draft begins."""
        return f"/login/oidc/start?draft={self._token(draft)}"

    def papers_path(self, draft: Draft, field: EField) -> str:
        """The page of what is on hand for a file question."""
        return f"/papers/{self._token(draft)}/{field.name}"

    def knows(self, choice: str) -> bool:
        """Whether a button's choice is for `take`."""
        return choice in (CARD, CARD_READ, _FILL, _DROP, _OTHER) or choice.startswith((_REUSE, _AGREE, LOGIN_CODE))

    def take(self, draft: Draft, choice: str) -> Reply | None:
        """Carries out a choice: what to say, or None to go on with the form. Raises NotFound, Conflict."""
        where = draft.conversation_id, draft.id
        if choice in (CARD, CARD_READ, _FILL, _DROP):
            return self._card(draft, choice)
        if choice.startswith(LOGIN_CODE):
            self._login(draft, choice.removeprefix(LOGIN_CODE))
            return None
        if choice == _OTHER or draft.field is None:
            return None
        paper_id = choice.partition(":")[2]
        if choice.startswith(_AGREE):
            paper = self.reuse.take(draft, draft.field, paper_id)
            self._drafts.note(where[0], self._papers.render("given", code=paper.dossier_code))
            return None
        paper = self._paper(draft, draft.field, paper_id)
        text = self._papers.render(
            "ask", provenance=self.reuse.provenance(paper), consent=self.reuse.consent(draft, paper))
        buttons = [
            self._button("button.agree", f"{_AGREE}{paper.id}", self._papers),
            self._button("button.other", _OTHER, self._papers),
        ]
        return Reply(text=text, status=Status.FORM, buttons=buttons)

    def erase(self, conversation_id: str) -> None:
        """Forgets scans, logins and consents of a conversation."""
        self.scans.erase(conversation_id)
        self.logins.erase(conversation_id)

    def purge(self) -> None:
        """Forgets what has run out, and notes whose each dossier is that came before there was this index."""
        self.scans.purge()
        self.logins.purge()
        self.reuse.index_missing()

    def _card(self, draft: Draft, choice: str) -> Reply | None:
        where = draft.conversation_id, draft.id
        if choice == CARD:
            if draft.stage != "field":
                raise NotFound(self._texts.render("card.not_now"))
            self.scans.expect(*where)
            return self._ask(draft)
        if choice == CARD_READ:
            return self._read(draft)
        if choice == _FILL:
            filled = self.scans.fill(*where, draft.form)
            sentence = self._texts.render("card.filled" if filled else "card.filled_none", count=len(filled))
        else:
            self.scans.drop(*where)
            sentence = self._texts.render("card.dropped")
        self._drafts.note(draft.conversation_id, sentence)
        return None

    def _login(self, draft: Draft, code: str) -> None:
        """The code of a login in another browser: its answers, or why there are none, before the next question."""
        filled = self.logins.type_code(draft.conversation_id, code)
        if filled is None:
            sentence = self._texts.render("login.code.wrong")
        else:
            sentence = self._texts.render("login.filled", count=len(filled), provider=self.logins.provider)
        self._drafts.note(draft.conversation_id, sentence)

    def _ask(self, draft: Draft) -> Reply:
        field = {
            "name": "card", "label": self._texts.render("card.label"), "type": "file", "required": False,
            "accept": ["jpg", "png"],
        }
        card = {"title": draft.form.title, "step": draft.step, "total": len(draft.visible), "field": field}
        buttons = [self._button("card.button.type", _DROP)]
        return Reply(text=self._texts.render("card.ask"), status=Status.FORM, buttons=buttons, form=card)

    def _read(self, draft: Draft) -> Reply:
        """Names what was read and shows none of it (see `Reviews`)."""
        card = {
            "title": self._texts.render("card.label"), "step": draft.step, "total": len(draft.visible),
            "sealed": {"card": draft.id},
        }
        buttons = [
            self._button("card.button.fill", _FILL), self._button("card.button.again", CARD),
            self._button("card.button.type", _DROP),
        ]
        return Reply(text=self._texts.render("card.read_sealed"), status=Status.FORM, buttons=buttons, form=card)

    def _on_hand(self, draft: Draft, field: EField) -> Aid | None:
        papers = self.reuse.offers(draft, field)
        if not papers:
            return None
        buttons = []
        for paper in papers:
            title = self._papers.render("button.reuse", title=paper.title)
            title = title if len(title) <= 80 else f"{title[:79]}…"
            buttons.append(Button(title=title, payload=_payload(_REUSE + paper.id)))
        lines = [self.reuse.provenance(paper) for paper in papers]
        return Aid(self._papers.render("offer", lines=lines), buttons)

    def _paper(self, draft: Draft, field: EField, paper_id: str) -> Paper:
        for paper in self.reuse.offers(draft, field):
            if paper.id == paper_id:
                return paper
        raise NotFound(self._papers.render("gone"))

    def _token(self, draft: Draft) -> str:
        return self._links.make("draft", f"{draft.conversation_id}/{draft.id}", _LINK_LIFE)

    def _button(self, key: str, choice: str, texts: Texts | None = None) -> Button:
        return Button(title=(texts or self._texts).render(key)[:80], payload=_payload(choice))


def _payload(choice: str) -> str:
    return f"/inform_field{json.dumps({'choice': choice})}"
