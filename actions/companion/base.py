"""What the dossier room's actions share: one turn's input and output, errors in words, the next question."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Protocol

import anyio.to_thread
from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import answers
from actions.answers.words import data
from actions.companion.bundle import Dossiers
from actions.companion.cards import Cards
from actions.dialogue.base import read_turn
from actions.dossiers.eforms.draft import Draft
from actions.dossiers.eforms.intake import SAMPLE, SKIP
from actions.services import Search
from common.errors import Conflict, InvalidInput, ISeeError, NotFound
from common.identifiers import find, parse_dossier_code
from common.messages import Reply, Status, public
from common.settings import Settings

__all__ = ["DossierServices", "EformAction", "LOOP", "Turn", "apply_input", "written_code"]

LOOP = "eform"
# What the gateway sealed, or the words that say what a service of the conversation is to do.
_GIVEN = ("eform_input", "ref", "act", "dossier_code")


class Guides(Protocol):
    def get(self, code: str) -> Any: ...
    def all(self) -> Iterable[Any]: ...


class DossierServices(Protocol):
    """The part of `actions.services.Services` that these actions use."""

    @property
    def settings(self) -> Settings: ...
    @property
    def kb(self) -> Guides: ...
    @property
    def search(self) -> Search: ...
    @property
    def dossiers(self) -> Dossiers: ...


class Turn:
    """One call of an action: what came in, and the replies and events going out."""

    def __init__(self, tracker: Tracker) -> None:
        self.conversation_id: str = tracker.sender_id
        self.intent: str = (tracker.latest_message.get("intent") or {}).get("name") or ""
        self.text: str = tracker.latest_message.get("text") or ""
        self.in_loop: bool = (tracker.active_loop or {}).get("name") == LOOP
        # The loop itself runs between the action that led here and the question.
        done = (e["name"] for e in reversed(tracker.events) if e.get("event") == "action" and e["name"] != LOOP)
        self.after: str | None = next(done, None)
        self.replies: list[Reply] = []
        self.events: list[EventType] = []
        self._tracker = tracker

    @property
    def said(self) -> answers.Turn:
        """The turn as the answering code reads it."""
        return read_turn(self._tracker)

    def entity(self, name: str) -> str:
        """The latest value of an entity, or ""."""
        value = next(iter(self._tracker.get_latest_entity_values(name)), None)
        return str(value) if value is not None else ""

    def slot(self, name: str) -> str:
        return str(self._tracker.get_slot(name) or "")

    def listed(self, name: str) -> list[str]:
        return [str(item) for item in self._tracker.get_slot(name) or ()]

    def say(self, reply: Reply) -> None:
        self.replies.append(reply)

    def close(self) -> None:
        """Leaves the loop."""
        if self.in_loop:
            self.events += [ActiveLoop(None), SlotSet("requested_slot", None)]


class EformAction(Action):
    """Base: runs the synchronous part off the event loop and says errors in their own words."""

    # Set by `build_actions`; without it no command is taken for a question.
    answerer: answers.Answerer | None = None

    def __init__(self, services: DossierServices, cards: Cards) -> None:
        self.services = services
        self.dossiers = services.dossiers
        self.cards = cards

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        turn = Turn(tracker)
        await anyio.to_thread.run_sync(self._guarded, turn)
        for reply in turn.replies:
            dispatcher.utter_message(json_message=public(reply))
        return turn.events

    def perform(self, turn: Turn) -> None:
        """What the action does; subclasses say it."""
        raise TypeError(f"{type(self).__name__} does not perform anything")

    def go_on(self, turn: Turn, *, opening: bool = False) -> None:
        """The next question: said here inside the loop, by the loop itself outside; `opening` a form not shown yet."""
        if turn.in_loop:
            self.show(turn, self.dossiers.drafts.prompt(turn.conversation_id), again=not opening)
        else:
            turn.events.append(FollowupAction(LOOP))

    def named_dossier(self, turn: Turn, given: str, held: Collection[str]) -> str:
        """The code in `given`, where the conversation may see that dossier; "" after saying what is wrong with it, or
        asking for the PIN.
        """
        try:
            code = parse_dossier_code(given).value
        except InvalidInput as problem:
            turn.say(self.cards.error(problem.detail, [self.cards.person()]))
            return ""
        if code in held:
            return code
        self.dossiers.intake.expect_pin(turn.conversation_id, code)
        turn.say(self.cards.say("track.ask_pin", Status.CONTROL, code=code))
        return ""

    def show(self, turn: Turn, draft: Draft, *, again: bool = False) -> None:
        """Says where the form stands, `again` after something in between. What was answered on the page meanwhile is
        in view now.
        """
        turn.say(self.cards.asked_again(draft) if again else self.cards.prompt(draft))
        if draft.elsewhere:
            self.dossiers.drafts.here(turn.conversation_id)

    def _question(self, turn: Turn) -> answers.Outcome | None:
        """The answer to a typed question that was taken for this action, or None. Not where something else waits for
        what was typed: an open form, sealed input, a dossier that is named.
        """
        typed = bool(turn.text) and not turn.text.startswith("/")
        if self.answerer is None or not typed or self.name() not in data("evidence"):
            return None
        given = any(turn.entity(name) for name in _GIVEN) or written_code(turn.text)
        if given or turn.in_loop or self.dossiers.drafts.active(turn.conversation_id) is not None:
            return None
        return self.answerer.mistaken(turn.said, self.name())

    def _guarded(self, turn: Turn) -> None:
        try:
            outcome = self._question(turn)
            if outcome is None:
                self.perform(turn)
            else:
                turn.replies += outcome.replies
                turn.events += [SlotSet(name, value) for name, value in outcome.slots.items()]
        except (NotFound, Conflict) as problem:
            turn.say(self.cards.error(problem.detail, [self.cards.person()]))
            if self.dossiers.drafts.active(turn.conversation_id) is None:
                turn.close()
        except ISeeError as problem:
            turn.say(self.cards.error(problem.detail))


def apply_input(action: EformAction, turn: Turn) -> bool:
    """Uses the sealed input that the message refers to: an answer, a choice, a file, or leaving out.

    True when that already said what comes next, so that the form must not ask.
    """
    drafts = action.dossiers.drafts
    draft = drafts.active(turn.conversation_id)
    entered = action.dossiers.intake.take(turn.conversation_id, turn.entity("eform_input"))
    if entered is None:
        drafts.note(turn.conversation_id, action.cards.say("eform.used_up").text)
    elif draft and draft.elsewhere:
        drafts.note(turn.conversation_id, action.cards.say("eform.elsewhere").text)
    elif entered.kind == "file" and draft and draft.practice:
        drafts.attach_sample(turn.conversation_id, entered.text)
    elif entered.kind == "file":
        drafts.attach(turn.conversation_id, entered.text)
    elif entered.kind == "choice" and entered.text == SKIP:
        drafts.skip(turn.conversation_id)
    elif entered.kind == "choice" and entered.text == SAMPLE:
        drafts.sample(turn.conversation_id)
    elif entered.kind == "choice" and draft and action.dossiers.aids.knows(entered.text):
        reply = action.dossiers.aids.take(draft, entered.text)
        if reply is not None:
            turn.say(reply)
        return reply is not None
    else:
        drafts.apply(turn.conversation_id, entered.text)
    return False

def written_code(text: str) -> str:
    """A dossier code in free text that the entity extractor missed; "" without one."""
    return next((match.value for match in find(text) if match.kind == "dossier_code"), "")
