"""The actions of notices, reminders and next steps."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.answers import Answerer
from actions.answers.compose import short_name
from actions.companion.base import DossierServices, EformAction, Turn
from actions.companion.cards import Cards
from actions.notices.renewals import By, load_renewals
from actions.notices.words import paper_named, says
from common.messages import Status

__all__ = ["ACTIONS", "NextSteps", "RemindMe", "SetNotices"]


class _Asked(EformAction):
    """Base: a text without a word of this intent is a question that the classifier misread."""

    intent = ""

    def __init__(self, services: DossierServices, cards: Cards, answerer: Answerer | None = None) -> None:
        super().__init__(services, cards)
        self._answerer = answerer
        self.notices = services.dossiers.notices
        self.notice_cards = services.dossiers.notices.cards

    def perform(self, turn: Turn) -> None:
        typed = turn.text and not turn.text.startswith("/")
        if typed and self._answerer and not says(self.intent, "any", turn.text):
            outcome = self._answerer.answer(turn.said)
            turn.replies += outcome.replies
            turn.events += [SlotSet(name, value) for name, value in outcome.slots.items()]
            return
        self.act(turn, turn.text if typed else "")

    def act(self, turn: Turn, text: str) -> None:
        """What the action does; subclasses say it."""
        raise TypeError(f"{type(self).__name__} does not do anything")


class SetNotices(_Asked):
    """Notices on or off: by button, or by the words that say so."""

    intent = "set_notices"

    def name(self) -> str:
        return "action_set_notices"

    def act(self, turn: Turn, text: str) -> None:
        act = turn.entity("act")
        if not act:
            act = "off" if says(self.intent, "off", text) else "on" if says(self.intent, "on", text) else ""
        if act == "on":
            self.notices.choose(turn.conversation_id, "dossier", True)
            self.notices.choose(turn.conversation_id, "reminder", True)
        elif act == "no":
            self.notices.choose(turn.conversation_id, "dossier", False)
        elif act == "off":
            self.notices.stop(turn.conversation_id)
        else:
            turn.say(self.notice_cards.ask())
            return
        turn.say(self.notice_cards.chosen(turn.conversation_id, act))


class RemindMe(_Asked):
    """Renewal reminders: which paper, consent, the date, and the list."""

    intent = "remind_me"

    def name(self) -> str:
        return "action_remind_me"

    def act(self, turn: Turn, text: str) -> None:
        act, item = turn.entity("act"), turn.entity("item")
        if turn.entity("ref"):
            self._take(turn)
        elif act in ("expiry", "birth") and item in load_renewals():
            self._ask(turn, item, "birth" if act == "birth" else "expiry")
        elif act == "no":
            self.notices.questions.forget(turn.conversation_id)
            turn.say(self.notice_cards.say("renewal.declined"))
        elif act == "drop":
            self._drop(turn, item)
        elif act == "list" or says(self.intent, "list", text):
            self._list(turn, cancel=False)
        elif says(self.intent, "cancel", text):
            self._list(turn, cancel=True)
        else:
            self._which(turn, item if item in load_renewals() else paper_named(text))

    def _which(self, turn: Turn, item: str) -> None:
        if turn.in_loop:
            # The form's question and ours would compete for the same answer.
            manage = [self.notice_cards.manage(turn.conversation_id)]
            turn.say(self.notice_cards.say("renewal.in_form", manage))
        elif item:
            choice = self.notices.choices(turn.conversation_id).get("reminder")
            turn.say(self.notice_cards.consent(item, stopped=choice is not None and not choice.given))
        else:
            turn.say(self.notice_cards.which_paper())

    def _ask(self, turn: Turn, item: str, by: By) -> None:
        self.notices.questions.ask(turn.conversation_id, item, by)
        turn.say(self.notice_cards.date(item, by))

    def _take(self, turn: Turn) -> None:
        entered = self.dossiers.intake.pending.take(turn.conversation_id, turn.entity("ref"))
        asked = self.notices.questions.asked(turn.conversation_id)
        if entered is None or asked is None:
            turn.say(self.notice_cards.say("renewal.expired"))
            return
        given = self.notices.questions.read(entered.text, asked.by)
        if given is None:
            turn.say(self.notice_cards.date(asked.item, asked.by, "unread"))
            return
        outcome = self.notices.renewals.set(turn.conversation_id, asked.item, asked.by, given)
        self.notices.questions.forget(turn.conversation_id)
        turn.say(self.notice_cards.outcome(turn.conversation_id, asked.item, asked.by, outcome))

    def _drop(self, turn: Turn, reminder_id: str) -> None:
        dropped = self.notices.renewals.cancel(turn.conversation_id, reminder_id)
        if dropped:
            name = self.notices.renewals.called(dropped)
            turn.say(self.notice_cards.say("renewal.cancelled", name=name))
        else:
            self._list(turn, cancel=False)

    def _list(self, turn: Turn, *, cancel: bool) -> None:
        reminders = self.notices.reminders(turn.conversation_id)
        turn.say(self.notice_cards.listed(turn.conversation_id, self.notices.renewals, reminders, cancel))


class NextSteps(_Asked):
    """What comes after a procedure: the one named by button, the one talked about, else the last dossier's."""

    intent = "next_steps"

    def name(self) -> str:
        return "action_next_steps"

    def act(self, turn: Turn, text: str) -> None:
        guides = self.services.kb
        latest = self.dossiers.submissions.latest(turn.conversation_id)
        form = latest and self.dossiers.forms.get(latest.form_slug)
        code = turn.entity("procedure_code") or turn.slot("procedure") or (form.procedure if form else "")
        guide = guides.get(code) if code else None
        if guide is None:
            turn.say(self.notice_cards.say("next.which").model_copy(update={"status": Status.CLARIFIED}))
            return
        turn.say(self.notice_cards.next_steps(guides, code, short_name(guide.guide)))
        if turn.slot("procedure") != code:
            turn.events.append(SlotSet("procedure", code))


ACTIONS = (SetNotices, RemindMe, NextSteps)
