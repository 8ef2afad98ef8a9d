"""The actions of the e-form loop."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk.events import SlotSet

from actions.answers import Answerer, Outcome
from actions.answers.compose import short_name
from actions.companion.appointment_steps import says
from actions.companion.appointments_chat import BookAppointment
from actions.companion.base import DossierServices, EformAction, Turn, apply_input
from actions.companion.cards import Cards
from actions.companion.rights_chat import MyData
from actions.companion.steering import Steering, guessed, take_over, typed
from actions.dossiers.eforms.eform import EForm
from actions.dossiers.eforms.naming import named_field, named_item
from actions.notices.after import after_submission
from common.messages import Status

__all__ = ["ASKING", "STEERING"]

# After these the loop asks for the first time, so what they noted belongs before the question.
_OPENING = {
    None, "action_listen", "action_start_eform", "action_practise_eform", "action_eform_resume", "action_eform_consent",
}


class StartForm(EformAction):
    """Starts the form of the procedure that the text names, else of the one under discussion."""

    def __init__(self, services: DossierServices, cards: Cards, answerer: Answerer | None = None) -> None:
        super().__init__(services, cards)
        self._answerer = answerer

    practice = False

    def name(self) -> str:
        return "action_start_eform"

    def _named(self, turn: Turn) -> Outcome | str | None:
        """The code that the text names, what to say instead of starting a form, or None where it names nothing."""
        if self._answerer is None:
            return None
        named = self._answerer.to_file(turn.said)
        if isinstance(named, str) and self.dossiers.drafts.forms.for_procedure(named) is None:
            return self._answerer.without_form(turn.said, named)
        return named

    def perform(self, turn: Turn) -> None:
        if typed(turn) and not self.practice and says("surely", turn.text):
            # "đặt lịch nộp hồ sơ khai sinh" asks for a time at the counter.
            BookAppointment(self.services, self.cards, self._answerer).perform(turn)
            return
        drafts = self.dossiers.drafts
        named = None if turn.entity("procedure_code") else self._named(turn)
        if isinstance(named, Outcome):
            take_over(turn, named)
            return
        code = turn.entity("procedure_code") or named or turn.slot("procedure")
        form = drafts.forms.for_procedure(code) if code else None
        if not code:
            turn.say(self.cards.which_procedure(drafts.forms, turn.listed("candidates"), practice=self.practice))
        elif form is None:
            self._without_form(turn, code)
        else:
            self.begin(turn, form, code)

    def _without_form(self, turn: Turn, code: str) -> None:
        guide = self.services.kb.get(code)
        turn.say(self.cards.no_form(short_name(guide.guide) if guide else ""))
        if guide:
            turn.events.append(SlotSet("procedure", code))

    def begin(self, turn: Turn, form: EForm, code: str) -> None:
        """Opens the form and asks its first question, or the one where it was left."""
        drafts = self.dossiers.drafts
        draft = drafts.start(turn.conversation_id, form.slug)
        earlier = self.dossiers.submissions.latest(turn.conversation_id)
        if draft.consented:
            drafts.note(turn.conversation_id, self.cards.say("eform.resumed", title=form.title).text)
        elif earlier and earlier.form_slug == form.slug:
            drafts.note(turn.conversation_id, self.cards.say("eform.another", code=earlier.code).text)
        if turn.slot("procedure") != code:
            turn.events.append(SlotSet("procedure", code))
        self.go_on(turn, opening=True)


class PractiseForm(StartForm):
    """Opens a form to be tried: nothing is stored or sent. The procedure is found as for a real one."""

    practice = True

    def name(self) -> str:
        return "action_practise_eform"

    def perform(self, turn: Turn) -> None:
        if turn.entity("act") == "lost":
            turn.close()
            turn.say(self.cards.trial_lost())
        else:
            super().perform(turn)

    def begin(self, turn: Turn, form: EForm, code: str) -> None:
        self.dossiers.drafts.practise(turn.conversation_id, form.slug)
        if turn.slot("procedure") != code:
            turn.events.append(SlotSet("procedure", code))
        self.go_on(turn, opening=True)


class AskInput(EformAction):
    """Called by the loop itself. Where what came before ended the form, that has said so and nothing is asked."""

    def name(self) -> str:
        return "action_ask_eform_input"

    def perform(self, turn: Turn) -> None:
        draft = self.dossiers.drafts.active(turn.conversation_id)
        if draft is None:
            return
        # After an aside the question is enough; what was wrong with the last answer has been said.
        opening = turn.after in _OPENING or draft.elsewhere
        self.show(turn, draft if opening else replace(draft, notice=""), again=not opening)


class Input(EformAction):
    def name(self) -> str:
        return "action_eform_input"

    def perform(self, turn: Turn) -> None:
        if not apply_input(self, turn):
            self.go_on(turn)


class Back(Steering):
    def name(self) -> str:
        return "action_eform_back"

    def steer(self, turn: Turn) -> None:
        self.dossiers.drafts.back(turn.conversation_id)
        self.go_on(turn)


class Edit(Steering):
    def name(self) -> str:
        return "action_eform_edit"

    def steer(self, turn: Turn) -> None:
        wanted = turn.entity("field") or ("" if turn.text.startswith("/") else turn.text)
        draft = self.dossiers.drafts.prompt(turn.conversation_id)
        item = named_item(draft, wanted)
        if item:
            turn.say(self.cards.item_menu(draft, *item))
        elif draft.answered and named_field(draft, wanted) is None and not wanted.endswith((".add", ".remove")):
            self.dossiers.intake.show_menu(turn.conversation_id)
            turn.say(self.cards.edit_menu(draft))
        else:
            self.dossiers.drafts.edit(turn.conversation_id, wanted)
            self.go_on(turn)


class Skip(Steering):
    def name(self) -> str:
        return "action_eform_skip"

    def steer(self, turn: Turn) -> None:
        self.dossiers.drafts.skip(turn.conversation_id)
        self.go_on(turn)


class Resume(Steering):
    """Takes up the latest form; an answer that came in with it is used first."""

    about_what_is_shown = False

    def name(self) -> str:
        return "action_eform_resume"

    def steer(self, turn: Turn) -> None:
        drafts = self.dossiers.drafts
        active = drafts.active(turn.conversation_id)
        draft = active or drafts.resume(turn.conversation_id)
        doubtful = guessed(turn) or (typed(turn) and bool(turn.listed("candidates")))
        misread = draft is None and not turn.entity("eform_input") and (turn.intent == "inform_field" or doubtful)
        if misread and self._answerer:
            # Free text that the classifier took for one about a form: a question, or an answer to an open list.
            take_over(turn, self._answerer.pick(turn.said) or self._answerer.answer(turn.said))
            return
        if draft is None:
            dossier = self.dossiers.submissions.latest(turn.conversation_id)
            turn.close()
            turn.say(
                self.cards.already(dossier)
                if dossier and turn.intent == "confirm_submit"
                else self.cards.none_open()
            )
            return
        if turn.entity("eform_input"):
            if apply_input(self, turn):
                return
        elif active is None:
            drafts.note(turn.conversation_id, self.cards.say("eform.resumed", title=draft.form.title).text)
        elif not active.elsewhere:
            drafts.note(turn.conversation_id, "")  # what was wrong with the last answer has been said
        self.go_on(turn)


class Submit(Steering):
    """Submits what is complete; asked again, shows the dossier that there is."""

    def name(self) -> str:
        return "action_submit_eform"

    def steer(self, turn: Turn) -> None:
        drafts = self.dossiers.drafts
        draft = drafts.active(turn.conversation_id)
        if draft is None:
            dossier = self.dossiers.submissions.latest(turn.conversation_id)
            turn.close()
            turn.say(self.cards.already(dossier) if dossier else self.cards.none_open())
            return
        if draft.stage != "review":
            drafts.note(turn.conversation_id, self.cards.say("eform.wrong_stage").text)
            self.go_on(turn)
            return
        if draft.practice:
            drafts.practice.end(turn.conversation_id)
            turn.say(self.cards.practised(draft))
            turn.close()
            return
        dossier = self.dossiers.submissions.submit(draft.id)
        turn.say(self.cards.submitted(draft, dossier))
        if dossier.new:
            turn.replies += after_submission(
                self.dossiers.notices, self.services.kb, turn.conversation_id, dossier.code, draft.form.procedure)
        turn.close()


class Consent(Submit):
    """Yes and no inside the form: to the consent asked, or to the review shown."""

    def name(self) -> str:
        return "action_eform_consent"

    def steer(self, turn: Turn) -> None:
        drafts = self.dossiers.drafts
        nothing_asked = turn.intent == "refuse_consent" and typed(turn) and drafts.active(turn.conversation_id) is None
        if nothing_asked or turn.entity("act") == "withdraw":
            # What is meant is the consent given before.
            MyData(self.services, self.cards).ask_to_withdraw(turn)
            return
        draft = drafts.prompt(turn.conversation_id)
        yes = turn.intent in ("give_consent", "affirm")
        if turn.intent == "refuse_consent" and draft.stage != "consent" and guessed(turn):
            turn.say(self.cards.sure_to_drop(draft))
            return
        # Consent can be taken back at any question, as easily as it was given.
        if turn.intent == "refuse_consent" or (draft.stage == "consent" and not yes):
            drafts.consent(turn.conversation_id, False)
            turn.close()
            if draft.practice:
                turn.say(self.cards.practice_ended(draft))
                return
            buttons = [self.cards.portal(), self.cards.person()]
            turn.say(self.cards.say("eform.declined", Status.CONTROL, buttons, title=draft.form.title))
        elif draft.stage == "consent":
            drafts.consent(turn.conversation_id, True)
            self.go_on(turn)
        elif draft.stage == "review" and turn.intent == "affirm":
            super().steer(turn)
        elif draft.stage == "review" and turn.intent == "deny":
            self.dossiers.intake.show_menu(turn.conversation_id)
            turn.say(self.cards.edit_menu(draft))
        else:
            self.go_on(turn)


ASKING = (AskInput, Input)
STEERING = (StartForm, PractiseForm, Back, Edit, Skip, Resume, Submit, Consent)
