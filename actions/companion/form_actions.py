"""The actions of the e-form loop."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk.events import SlotSet

from actions.answers import Answerer, Outcome
from actions.answers.compose import short_name
from actions.companion.base import DossierServices, EformAction, Turn, apply_input
from actions.companion.cards import Cards
from actions.companion.rights_chat import MyData
from actions.dossiers.eforms.eform import EForm
from actions.dossiers.eforms.moves import named_field, named_item
from actions.notices.after import after_submission
from common.messages import Status

__all__ = ["ASKING", "STEERING"]

# Below this the classifier guesses.
_SURE = 0.6
# After these the loop asks for the first time, so what they noted belongs before the question.
_OPENING = {
    None, "action_listen", "action_start_eform", "action_practise_eform", "action_eform_resume", "action_eform_consent",
}


def _take_over(turn: Turn, outcome: Outcome) -> None:
    """Says what the answering code says, and keeps what it remembers."""
    turn.replies += outcome.replies
    turn.events += [SlotSet(name, value) for name, value in outcome.slots.items()]


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
        drafts = self.dossiers.drafts
        named = None if turn.entity("procedure_code") else self._named(turn)
        if isinstance(named, Outcome):
            _take_over(turn, named)
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


class Steering(EformAction):
    """A command to an open form. Where none is open, a text that names a procedure is a question that the classifier
    misread ("đổi tên trong giấy khai sinh" isn't a field to edit).
    """

    def __init__(self, services: DossierServices, cards: Cards, answerer: Answerer | None = None) -> None:
        super().__init__(services, cards)
        self._answerer = answerer

    # Whether the command is about what the chat shows, which answers on the page may have overtaken.
    about_what_is_shown = True

    def perform(self, turn: Turn) -> None:
        outcome = self._misread(turn)
        draft = self.dossiers.drafts.active(turn.conversation_id)
        if outcome is None and self.about_what_is_shown and draft and draft.elsewhere:
            self.dossiers.drafts.note(turn.conversation_id, self.cards.say("eform.elsewhere").text)
            self.go_on(turn)
        elif outcome is None:
            self.steer(turn)
        else:
            # Answered here: after a follow-up action no rule fits the intent, and Rasa would answer until its limit.
            _take_over(turn, outcome)

    def steer(self, turn: Turn) -> None:
        """What the command does; subclasses say it."""
        raise TypeError(f"{type(self).__name__} does not steer anything")

    def _misread(self, turn: Turn) -> Outcome | None:
        if self._answerer is None or not turn.text or turn.text.startswith("/") or turn.entity("eform_input"):
            return None
        open_ = turn.in_loop or self.dossiers.drafts.active(turn.conversation_id)
        return None if open_ else self._answerer.misread(turn.said)


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


class Pause(Steering):
    about_what_is_shown = False

    def name(self) -> str:
        return "action_eform_pause"

    def steer(self, turn: Turn) -> None:
        draft = self.dossiers.drafts.pause(turn.conversation_id)
        turn.close()
        if draft is None:
            turn.say(self.cards.none_open())
            return
        if draft.practice:
            turn.say(self.cards.practice_ended(draft))
            return
        buttons = [self.cards.button("resume", "/resume_form"), *self.cards.elsewhere(draft), self.cards.person()]
        turn.say(self.cards.say("eform.paused", Status.CONTROL, buttons, title=draft.form.title))


class Cancel(Steering):
    about_what_is_shown = False

    def name(self) -> str:
        return "action_eform_cancel"

    def steer(self, turn: Turn) -> None:
        draft = self.dossiers.drafts.cancel(turn.conversation_id)
        turn.close()
        if draft is None:
            turn.say(self.cards.none_open())
        elif draft.practice:
            turn.say(self.cards.practice_ended(draft))
        else:
            turn.say(self.cards.say("eform.cancelled", Status.CONTROL, title=draft.form.title))


class Resume(Steering):
    """Takes up the latest form; an answer that came in with it is used first."""

    about_what_is_shown = False

    def name(self) -> str:
        return "action_eform_resume"

    def steer(self, turn: Turn) -> None:
        drafts = self.dossiers.drafts
        active = drafts.active(turn.conversation_id)
        draft = active or drafts.resume(turn.conversation_id)
        typed = turn.text and not turn.text.startswith("/")
        doubtful = typed and (turn.listed("candidates") or turn.said.confidence < _SURE)
        misread = draft is None and not turn.entity("eform_input") and (turn.intent == "inform_field" or doubtful)
        if misread and self._answerer:
            # Free text that the classifier took for one about a form: a question, or an answer to an open list.
            _take_over(turn, self._answerer.pick(turn.said) or self._answerer.answer(turn.said))
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
        typed = turn.text and not turn.text.startswith("/")
        nothing_asked = turn.intent == "refuse_consent" and typed and drafts.active(turn.conversation_id) is None
        if nothing_asked or turn.entity("act") == "withdraw":
            # What is meant is the consent given before.
            MyData(self.services, self.cards).ask_to_withdraw(turn)
            return
        draft = drafts.prompt(turn.conversation_id)
        yes = turn.intent in ("give_consent", "affirm")
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
            turn.say(self.cards.edit_menu(draft))
        else:
            self.go_on(turn)


ASKING = (AskInput, Input)
STEERING = (StartForm, PractiseForm, Back, Edit, Skip, Pause, Cancel, Resume, Submit, Consent)
