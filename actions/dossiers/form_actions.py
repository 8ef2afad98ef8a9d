"""The actions of the e-form loop."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk.events import FollowupAction, SlotSet

from actions.answers import Answerer, Outcome
from actions.answers.compose import short_name
from actions.dossiers.action_base import DossierServices, EformAction, Turn, apply_input
from actions.dossiers.cards import Cards
from actions.dossiers.drafts import named_field
from common.messages import Status

__all__ = ["ACTIONS", "StartForm"]

# Below this the classifier guesses.
_SURE = 0.6
# After these the loop asks for the first time, so what they noted belongs before the question.
_OPENING = {None, "action_listen", "action_start_eform", "action_eform_resume", "action_eform_consent"}


class StartForm(EformAction):
    """Starts the form of the procedure that the text names, else of the one under discussion."""

    def __init__(self, services: DossierServices, cards: Cards, answerer: Answerer | None = None) -> None:
        super().__init__(services, cards)
        self._answerer = answerer

    def name(self) -> str:
        return "action_start_eform"

    def _named(self, turn: Turn) -> Outcome | str | None:
        """The code that the text names, what to say instead of starting a form, or None where it names nothing."""
        if self._answerer is None:
            return None
        named = self._answerer.to_file(turn.said)
        if isinstance(named, str) and self.services.drafts.forms.for_procedure(named) is None:
            return self._answerer.without_form(turn.said, named)
        return named

    def perform(self, turn: Turn) -> None:
        drafts = self.services.drafts
        named = None if turn.entity("procedure_code") else self._named(turn)
        if isinstance(named, Outcome):
            turn.replies += named.replies
            turn.events += [SlotSet(name, value) for name, value in named.slots.items()]
            return
        code = turn.entity("procedure_code") or named or turn.slot("procedure")
        if not code:
            turn.say(self.cards.which_procedure(drafts.forms, turn.listed("candidates")))
            return
        form = drafts.forms.for_procedure(code)
        if form is None:
            guide = self.services.kb.get(code)
            turn.say(self.cards.no_form(short_name(guide.guide) if guide else ""))
            if guide:
                turn.events.append(SlotSet("procedure", code))
            return
        draft = drafts.start(turn.conversation_id, form.slug)
        earlier = drafts.latest_dossier(turn.conversation_id)
        if draft.consented:
            drafts.note(turn.conversation_id, self.cards.say("eform.resumed", title=form.title).text)
        elif earlier and earlier.form_slug == form.slug:
            drafts.note(turn.conversation_id, self.cards.say("eform.another", code=earlier.code).text)
        if turn.slot("procedure") != code:
            turn.events.append(SlotSet("procedure", code))
        self.go_on(turn)


class AskInput(EformAction):
    """Called by the loop itself."""

    def name(self) -> str:
        return "action_ask_eform_input"

    def perform(self, turn: Turn) -> None:
        draft = self.services.drafts.prompt(turn.conversation_id)
        # After an aside the question is enough; what was wrong with the last answer has been said.
        turn.say(self.cards.prompt(draft if turn.after in _OPENING else replace(draft, notice="")))


class Input(EformAction):
    def name(self) -> str:
        return "action_eform_input"

    def perform(self, turn: Turn) -> None:
        apply_input(self, turn)
        self.go_on(turn)


class Back(EformAction):
    def name(self) -> str:
        return "action_eform_back"

    def perform(self, turn: Turn) -> None:
        self.services.drafts.back(turn.conversation_id)
        self.go_on(turn)


class Edit(EformAction):
    def name(self) -> str:
        return "action_eform_edit"

    def perform(self, turn: Turn) -> None:
        wanted = turn.entity("field") or ("" if turn.text.startswith("/") else turn.text)
        draft = self.services.drafts.prompt(turn.conversation_id)
        if draft.answered and named_field(draft, wanted) is None:
            turn.say(self.cards.edit_menu(draft))
        else:
            self.services.drafts.edit(turn.conversation_id, wanted)
            self.go_on(turn)


class Skip(EformAction):
    def name(self) -> str:
        return "action_eform_skip"

    def perform(self, turn: Turn) -> None:
        self.services.drafts.skip(turn.conversation_id)
        self.go_on(turn)


class Pause(EformAction):
    def name(self) -> str:
        return "action_eform_pause"

    def perform(self, turn: Turn) -> None:
        draft = self.services.drafts.pause(turn.conversation_id)
        turn.close()
        if draft is None:
            turn.say(self.cards.say("eform.none_open", Status.CONTROL))
            return
        buttons = [self.cards.button("resume", "/resume_form"), self.cards.person()]
        turn.say(self.cards.say("eform.paused", Status.CONTROL, buttons, title=draft.form.title))


class Cancel(EformAction):
    def name(self) -> str:
        return "action_eform_cancel"

    def perform(self, turn: Turn) -> None:
        draft = self.services.drafts.cancel(turn.conversation_id)
        turn.close()
        if draft is None:
            turn.say(self.cards.say("eform.none_open", Status.CONTROL))
        else:
            turn.say(self.cards.say("eform.cancelled", Status.CONTROL, title=draft.form.title))


class Resume(EformAction):
    """Takes up the latest form; an answer that came in with it is used first."""

    def name(self) -> str:
        return "action_eform_resume"

    def perform(self, turn: Turn) -> None:
        drafts = self.services.drafts
        active = drafts.active(turn.conversation_id)
        draft = active or drafts.resume(turn.conversation_id)
        typed = turn.text and not turn.text.startswith("/")
        doubtful = typed and (turn.listed("candidates") or turn.said.confidence < _SURE)
        if draft is None and not turn.entity("eform_input") and (turn.intent == "inform_field" or doubtful):
            # Free text that the classifier took for one about a form: a question, or an answer to an open list.
            turn.events.append(FollowupAction("action_answer"))
            return
        if draft is None:
            dossier = drafts.latest_dossier(turn.conversation_id)
            turn.close()
            turn.say(self.cards.already(dossier) if dossier and turn.intent == "confirm_submit"
                     else self.cards.say("eform.none_open", Status.CONTROL))
            return
        if turn.entity("eform_input"):
            apply_input(self, turn)
        elif active is None:
            drafts.note(turn.conversation_id, self.cards.say("eform.resumed", title=draft.form.title).text)
        self.go_on(turn)


class Submit(EformAction):
    """Submits what is complete; asked again, shows the dossier that there is."""

    def name(self) -> str:
        return "action_submit_eform"

    def perform(self, turn: Turn) -> None:
        drafts = self.services.drafts
        draft = drafts.active(turn.conversation_id)
        if draft is None:
            dossier = drafts.latest_dossier(turn.conversation_id)
            turn.close()
            turn.say(self.cards.already(dossier) if dossier else self.cards.say("eform.none_open", Status.CONTROL))
            return
        if draft.stage != "review":
            drafts.note(turn.conversation_id, self.cards.say("eform.wrong_stage").text)
            self.go_on(turn)
            return
        turn.say(self.cards.submitted(draft, drafts.submit(draft)))
        turn.close()


class Consent(Submit):
    """Yes and no inside the form: to the consent asked, or to the review shown."""

    def name(self) -> str:
        return "action_eform_consent"

    def perform(self, turn: Turn) -> None:
        drafts = self.services.drafts
        draft = drafts.prompt(turn.conversation_id)
        yes = turn.intent in ("give_consent", "affirm")
        # Consent can be taken back at any question, as easily as it was given.
        if turn.intent == "refuse_consent" or (draft.stage == "consent" and not yes):
            drafts.consent(turn.conversation_id, False)
            turn.close()
            buttons = [self.cards.portal(), self.cards.person()]
            turn.say(self.cards.say("eform.declined", Status.CONTROL, buttons, title=draft.form.title))
        elif draft.stage == "consent":
            drafts.consent(turn.conversation_id, True)
            self.go_on(turn)
        elif draft.stage == "review" and turn.intent == "affirm":
            super().perform(turn)
        elif draft.stage == "review" and turn.intent == "deny":
            turn.say(self.cards.edit_menu(draft))
        else:
            self.go_on(turn)


ACTIONS = (AskInput, Input, Back, Edit, Skip, Pause, Cancel, Resume, Submit, Consent)
