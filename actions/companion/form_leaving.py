"""Leaving an open form: for later, or for good."""

from __future__ import annotations

from actions.companion.base import Turn
from actions.companion.steering import Steering, guessed
from common.messages import Status

__all__ = ["ACTIONS"]


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
    """Erases the open form; where the words may have meant something else, only once the citizen says so."""

    about_what_is_shown = False

    def name(self) -> str:
        return "action_eform_cancel"

    def steer(self, turn: Turn) -> None:
        going = self.dossiers.drafts.active(turn.conversation_id)
        if going and not going.practice and guessed(turn):
            turn.say(self.cards.sure_to_drop(going))
            return
        draft = self.dossiers.drafts.cancel(turn.conversation_id)
        turn.close()
        if draft is None:
            turn.say(self.cards.none_open())
        elif draft.practice:
            turn.say(self.cards.practice_ended(draft))
        else:
            turn.say(self.cards.say("eform.cancelled", Status.CONTROL, title=draft.form.title))


ACTIONS = (Pause, Cancel)
