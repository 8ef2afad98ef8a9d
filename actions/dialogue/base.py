"""What every dialogue action shares: reading the tracker, replying, keeping blocking work off the event loop."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, ClassVar

from anyio import to_thread
from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import Answerer, Outcome, Turn
from actions.answers.words import data, fold, has_phrase
from actions.dialogue.cases import Cases
from actions.services import Services
from common.messages import public

__all__ = ["DialogueAction", "last_question", "last_replies", "read_turn", "spoken"]

_LOOP = "eform"
_MOST_EARLIER = 4


class DialogueAction(Action):
    """An action whose answer is an `Outcome`. Subclasses set `action_name` and write `outcome`."""

    action_name: ClassVar[str]

    def __init__(self, services: Services, answerer: Answerer) -> None:
        self._services = services
        self._answerer = answerer
        self._cases = Cases(services, answerer)

    def name(self) -> str:
        return self.action_name

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        return self.say(dispatcher, tracker, await to_thread.run_sync(self._shown, read_turn(tracker), tracker))

    def say(self, dispatcher: CollectingDispatcher, tracker: Tracker, outcome: Outcome) -> list[dict[str, Any]]:
        """Hands the replies over; returns the slots that changed."""
        for reply in outcome.replies:
            dispatcher.utter_message(json_message=public(reply))
        changed = {name: value for name, value in outcome.slots.items() if tracker.get_slot(name) != value}
        return [SlotSet(name, value) for name, value in changed.items()]

    def _shown(self, turn: Turn, tracker: Tracker) -> Outcome:
        return self._answerer.shown(self._outcome(turn, tracker), turn.procedure)

    def _outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        """An answer to an open question or list before anything else: in a few words the classifier hardly sees what
        is meant.
        """
        if turn.foreign:
            return self.outcome(turn, tracker)
        last = last_replies(tracker) if turn.text else []
        return self.answered(turn, tracker, last) or self._cases.way_back(
            turn, tracker, last, self._answerer.pick(turn) or self.outcome(turn, tracker))

    def answered(self, turn: Turn, tracker: Tracker, last: list[dict[str, Any]]) -> Outcome | None:
        """What the turn answers to the question about cases in the `last` replies; None where it answers nothing."""
        return self._cases.answered(turn, tracker, last) if last else None

    def outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        """What to say and which slots to change. Runs in a worker thread."""
        raise TypeError(f"{type(self).__name__} does not say what it does")


def read_turn(tracker: Tracker) -> Turn:
    """The turn in Rasa's tracker. A message that begins with "/" is a button's payload and has no text, unless the
    gateway put a question in another language beside it (`actions.answers.hearing`).
    """
    message: Mapping[str, Any] = tracker.latest_message or {}
    text = str(message.get("text") or "")
    question = str((message.get("metadata") or {}).get("question") or "")
    entities: dict[str, tuple[str, ...]] = {}
    for entity in message.get("entities") or []:
        entities[entity["entity"]] = (*entities.get(entity["entity"], ()), str(entity["value"]))
    intent = message.get("intent") or {}
    return Turn(
        text=question or ("" if text.startswith("/") else text),
        intent=intent.get("name") or "",
        confidence=float(intent.get("confidence") or 0.0),
        entities=entities,
        procedure=tracker.get_slot("procedure"),
        case=tracker.get_slot("case"),
        candidates=tuple(tracker.get_slot("candidates") or ()),
        aspect=tracker.get_slot("aspect"),
        rivals=tuple(tracker.get_slot("rivals") or ()),
        earlier=_typed_before(tracker),
        in_form=(tracker.active_loop or {}).get("name") == _LOOP,
        foreign=bool(question),
    )


def _typed_before(tracker: Tracker) -> tuple[str, ...]:
    """What was typed before the latest message, newest first."""
    texts = (str(event.get("text") or "") for event in reversed(tracker.events) if event.get("event") == "user")
    next(texts, None)
    typed = (text for text in texts if text and not text.startswith("/"))
    return tuple(islice(typed, _MOST_EARLIER))


def last_replies(tracker: Tracker) -> list[dict[str, Any]]:
    """The custom parts of what the assistant said in the latest turn in which it said anything, in order."""
    replies: list[dict[str, Any]] = []
    for event in reversed(tracker.events):
        if event.get("event") == "user" and replies:
            break
        if event.get("event") == "bot":
            custom = dict((event.get("data") or {}).get("custom") or {})
            if event.get("text"):
                custom.setdefault("text", event["text"])
                custom.setdefault("buttons", (event.get("data") or {}).get("buttons") or [])
            if custom.get("text"):
                replies.append(custom)
    return replies[::-1]


def last_question(tracker: Tracker, but: tuple[str, ...] = ()) -> str:
    """The citizen's latest typed message whose intent isn't one of `but`."""
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            text = str((event.get("metadata") or {}).get("question") or event.get("text") or "")
            intent = ((event.get("parse_data") or {}).get("intent") or {}).get("name")
            if text and not text.startswith("/") and intent not in but:
                return text
    return ""


def spoken(action: str, turn: Turn) -> bool:
    """Whether the text holds a word of what the action is for (`answers/data/evidence.yml`): the classifier errs."""
    folded = fold(turn.text)
    return any(has_phrase(folded, phrase) for phrase in data("evidence")[action])
