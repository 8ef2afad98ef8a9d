"""Drafts as replies: question, card and buttons. Intents of buttons are those of `domain.yml`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from actions.companion.aids import Aids
from actions.companion.form_english import in_words
from actions.dossiers.eforms.draft import Draft
from actions.dossiers.eforms.eform import EField
from actions.dossiers.eforms.formlib import FormLibrary
from actions.dossiers.eforms.intake import SAMPLE
from actions.dossiers.eforms.pages import FormPages
from actions.dossiers.eforms.values import Texts
from actions.dossiers.registry.pages import DossierPages
from actions.dossiers.registry.submission import Submitted
from common.language import in_english
from common.messages import Button, DossierRef, Reply, Status

__all__ = ["Cards"]

_MANY = 6  # more choices than this are listed with numbers as well
_FORMS = 8  # forms offered as buttons; the page lists all


class Cards:
    """Builds the replies of the dossier room."""

    def __init__(
        self, texts: Texts, portal_url: str, pages: FormPages | None = None, aids: Aids | None = None,
        dossier_pages: DossierPages | None = None,
    ) -> None:
        """`pages`: where drafts can be filled in on one page; None: in the chat alone. `aids`: what spares typing.
        `dossier_pages`: where a submitted dossier is shown; None: in the chat alone."""
        self._texts = texts
        self._portal = portal_url
        self._pages = pages
        self._aids = aids
        self._dossier_pages = dossier_pages

    def prompt(self, draft: Draft) -> Reply:
        """What the citizen sees next: consent, a question or the review."""
        if draft.stage == "consent":
            return self._consent(draft)
        if draft.field is None:
            return self._review(draft)
        return self._question(draft, draft.field)

    def say(
        self, key: str, status: Status = Status.FORM, buttons: list[Button] | None = None, **values: object
    ) -> Reply:
        """One sentence of the catalogue as a reply."""
        return Reply(text=self._texts.render(key, **values), status=status, buttons=buttons or [])

    def error(self, sentence: str, buttons: list[Button] | None = None) -> Reply:
        """A sentence that an error carries."""
        return Reply(text=sentence, status=Status.FORM, buttons=buttons or [])

    def button(self, name: str, payload: str, **values: object) -> Button:
        return Button(title=self._texts.render(f"eform.button.{name}", **values)[:80], payload=payload)

    def portal(self) -> Button:
        return Button(title=self._texts.render("eform.button.portal"), url=self._portal)

    def sure_to_drop(self, draft: Draft) -> Reply:
        """Asks before an open form is erased."""
        buttons = [self.button("drop", "/cancel"), self.button("resume", "/resume_form"), self.person()]
        return self.say("eform.sure_to_drop", Status.CLARIFIED, buttons, title=draft.form.title)

    def none_open(self) -> Reply:
        """There is no form to steer; what can be done instead."""
        buttons = [self.button("track", "/track_dossier"), self.person()]
        return self.say("eform.none_open", Status.CONTROL, buttons)

    def person(self) -> Button:
        return self.button("person", "/talk_to_person")

    def no_form(self, name: str) -> Reply:
        """The procedure has no e-form: said plainly, with the ways on."""
        documents = self.button("documents", "/ask_documents")
        return self.say("eform.no_form", Status.ANSWERED, [self.portal(), documents, self.person()], name=name)

    def which_procedure(
        self, forms: FormLibrary, candidates: Sequence[str] = (), *, practice: bool = False,
    ) -> Reply:
        """Forms to choose from: of the procedures being talked about, else the first of all and the page of all."""
        talked_about = [form for form in map(forms.for_procedure, candidates) if form]
        intent = "practise_form" if practice else "submit_dossier"
        buttons = [
            self.button("start", f'/{intent}{{"procedure_code":"{form.procedure}"}}', title=form.title)
            for form in talked_about or list(forms)[:_FORMS]
        ]
        if self._pages and not talked_about:
            buttons.append(Button(title=self._texts.render("eform.button.all_forms"), url=self._pages.all))
        key = "eform.practice.which" if practice else "eform.which_procedure"
        return self.say(key, Status.CLARIFIED, buttons)

    def practised(self, draft: Draft) -> Reply:
        """The end of a trial: a receipt in words only, and the way to the real form."""
        start = self.button("for_real", f'/submit_dossier{{"procedure_code":"{draft.form.procedure}"}}')
        reply = self.say("eform.practice.done", Status.CONTROL, [start], title=draft.form.title)
        return self._marked(draft, reply)

    def practice_ended(self, draft: Draft) -> Reply:
        """A trial given up."""
        start = self.button("for_real", f'/submit_dossier{{"procedure_code":"{draft.form.procedure}"}}')
        return self.say("eform.practice.ended", Status.CONTROL, [start, self.person()])

    def submitted(self, draft: Draft, dossier: Submitted) -> Reply:
        """The receipt: code, what the PIN is, what comes next."""
        key = "eform.submitted" if dossier.new else "eform.already"
        reply = self.say(
            key, buttons=self._ways_on(dossier), title=draft.form.title, code=dossier.code, due=dossier.due_on,
            receipt=draft.form.receipt)
        return reply.model_copy(update={"dossier": DossierRef(code=dossier.code, status=dossier.state)})

    def already(self, dossier: Submitted) -> Reply:
        reply = self.say("eform.already", buttons=self._ways_on(dossier), code=dossier.code)
        return reply.model_copy(update={"dossier": DossierRef(code=dossier.code, status=dossier.state)})

    def _ways_on(self, dossier: Submitted) -> list[Button]:
        """Looking it up in the chat, and its own page."""
        pages = self._dossier_pages
        if pages is None:
            return [self.track(dossier.code)]
        page = Button(title=self._texts.render("eform.button.dossier_page"), url=pages.address(dossier.code))
        return [self.track(dossier.code), page]

    def track(self, code: str, *, by_code: bool = False) -> Button:
        """Looks up `code`; `by_code` names it on the button."""
        title = self._texts.render("track.yours", code=code) if by_code else self._texts.render("eform.button.track")
        return Button(title=title, payload=f'/track_dossier{{"dossier_code":"{code}"}}')

    def edit_menu(self, draft: Draft) -> Reply:
        """Which answer to change: one button each, one for each item of a group, one to add an item."""
        buttons: list[Button] = []
        for field, _value in draft.answered:
            group = draft.form.field(field.group) if field.group and not field.asks_for_more else None
            path = f"{field.group}.{field.index}" if group else field.name
            title = group.item_title(field.index) if group else field.label
            button = Button(title=title[:80], payload=_edit(path))
            if button not in buttons:
                buttons.append(button)
        shown = {field.group for field in draft.visible}
        for group in draft.form.groups:
            if group.name in shown and draft.items(group.name) < (group.max or 0):
                buttons.append(self.button("add_item", _edit(f"{group.name}.add"), item=group.item))
        return self.say("eform.edit_which", buttons=[*buttons, self.button("keep", "/resume_form")])

    def item_menu(self, draft: Draft, group: EField, index: int) -> Reply:
        """What to change about one item of a group, or to remove it."""
        path, title = f"{group.name}.{index}", group.item_title(index)
        buttons = [
            Button(title=field.label.removeprefix(f"{title}: ")[:80], payload=_edit(field.name))
            for field in draft.visible if field.name.startswith(f"{path}.") and not field.asks_for_more
        ]
        buttons.append(self.button("remove_item", _edit(f"{path}.remove"), title=title))
        return self.say("eform.edit_item", buttons=[*buttons, self.button("keep", "/resume_form")], title=title)

    def asked_again(self, draft: Draft) -> Reply:
        """What is asked now, after something else was answered in between: the consent text is not repeated."""
        return self._consent(draft, again=True) if draft.stage == "consent" else self.prompt(draft)

    def trial_lost(self) -> Reply:
        """A restart ended the trial: said plainly, with the ways on."""
        buttons = [self.button("practise", "/practise_form"), self.button("for_real", "/submit_dossier")]
        return self.say("eform.practice.lost", Status.CONTROL, [*buttons, self.person()])

    def _consent(self, draft: Draft, *, again: bool = False) -> Reply:
        buttons = [self.button("agree", "/give_consent"), self.button("refuse", "/refuse_consent")]
        reply = self.say(
            "eform.consent_again" if again else "eform.consent", buttons=buttons, notice=draft.notice,
            title=draft.form.title, intro=draft.form.intro, consent=draft.form.consent.text)
        return self._marked(draft, self._with_page(draft, reply))

    def _question(self, draft: Draft, field: EField) -> Reply:
        choices = self._choices(draft, field)
        text = self._texts.render("eform.question", notice=draft.notice, question=field.question, help=field.help)
        if len(choices) > _MANY:
            text += "\n\n" + self._texts.render("eform.options", options=[choice["label"] for choice in choices])
        if in_english() and (gloss := in_words(field)):
            text += "\n\n" + self._texts.render("eform.gloss", **gloss)
        buttons = [Button(title=c["label"][:80], payload=_inform(c["value"])) for c in choices]
        aid = self._aids.at(draft, field) if self._aids else None
        if aid:
            text += "\n\n" + aid.text
            buttons += aid.buttons
        if draft.practice:
            buttons.append(self.button("sample", _inform(SAMPLE)))
        if not field.required:
            buttons.append(self.button("skip", "/skip"))
        if draft.step > 1:
            buttons.append(self.button("back", "/go_back"))
        buttons.append(self._leave(draft))
        shown = {"name": field.name, "label": field.label, "type": field.type, "required": field.required}
        extra = {"help": field.help, "example": field.example, "choices": choices, "accept": list(field.accept)}
        card = {
            "title": draft.form.title, "step": draft.step, "total": len(draft.visible),
            "field": shown | {key: value for key, value in extra.items() if value},
        }
        reply = Reply(text=text, status=Status.FORM, buttons=buttons, form=card)
        return self._marked(draft, self._with_page(draft, reply))

    def _choices(self, draft: Draft, field: EField) -> list[dict[str, str]]:
        if field.type == "boolean":
            return [{"value": v, "label": self._texts.render(f"eform.{v}")} for v in ("yes", "no")]
        return [{"value": c.value, "label": c.label} for c in draft.options or field.choices]

    def _review(self, draft: Draft) -> Reply:
        # This passes through the dialogue engine and is stored, so it names the draft and shows none of its values;
        # the gateway asks `Reviews` for them at the moment a message is handed to its citizen.
        text = self._texts.render("eform.review_sealed", notice=draft.notice, title=draft.form.title)
        buttons = [
            self.button("finish_practice" if draft.practice else "submit", "/confirm_submit"),
            self.button("edit", "/edit_field"), self._leave(draft),
        ]
        if not draft.practice:
            buttons.append(self.button("cancel", "/cancel"))
        sealed = {"draft": draft.id, "notice": draft.notice}
        card = {"title": draft.form.title, "step": draft.step, "total": draft.step, "sealed": sealed}
        reply = Reply(text=text, status=Status.FORM, buttons=buttons, form=card)
        return self._marked(draft, self._with_page(draft, reply))

    def _leave(self, draft: Draft) -> Button:
        return self.button("end_practice", "/cancel") if draft.practice else self.button("pause", "/pause_form")

    def _with_page(self, draft: Draft, reply: Reply) -> Reply:
        """The same draft on one page; a trial lives in the chat alone."""
        if self._pages is None or draft.practice:
            return reply
        page = Button(title=self._texts.render("eform.button.page"), url=self._pages.of(draft))
        return reply.model_copy(update={"buttons": [*reply.buttons, page]})

    def elsewhere(self, draft: Draft) -> list[Button]:
        """The link and QR code by which a draft is taken up on another device."""
        if self._pages is None:
            return []
        title = self._texts.render("eform.button.elsewhere")
        return [Button(title=title, url=f"{self._pages.of(draft)}/later")]

    def _marked(self, draft: Draft, reply: Reply) -> Reply:
        """A trial says on every reply that it is one."""
        if not draft.practice:
            return reply
        text = self._texts.render("eform.practice.banner") + "\n\n" + reply.text
        card = reply.form and {
            **reply.form, "title": self._texts.render("eform.practice.title", title=draft.form.title), "practice": True}
        return reply.model_copy(update={"text": text, "form": card})


def _edit(path: str) -> str:
    return f"/edit_field{json.dumps({'field': path})}"


def _inform(value: str) -> str:
    return f"/inform_field{json.dumps({'choice': value})}"
