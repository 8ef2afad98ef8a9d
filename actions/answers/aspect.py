"""Which part of a guide is asked for: the intent's word, corrected by the words of the text."""

from __future__ import annotations

import re

from actions.answers.turn import Turn
from actions.answers.words import data, fold, has_phrase, has_spelled, remove_phrases
from common.messages import Aspect

__all__ = [
    "aspect_of_words",
    "aspect_phrases",
    "asked_aspect",
    "asks_how",
    "asks_part",
    "is_open_ended",
    "remembered_aspect",
    "without_aspect_words",
]

_PREFIX = "ask_"
# Below this the classifier guesses; words that name an aspect are better evidence.
_SURE = 0.5
# Below this an intent without a word of its own yields to the words of another aspect.
_QUITE_SURE = 0.8
# "How do I do it" may look like a question for papers or steps, and is one for all of it.
_PARTS_OF_HOW = {Aspect.OVERVIEW, Aspect.DOCUMENTS, Aspect.STEPS, Aspect.FORM, Aspect.RESULT}
# Intents that ask for no aspect of the procedure under discussion.
_OPEN = {"ask_overview", "nlu_fallback", "inform_field", ""}
_OWN = {"print_checklist": Aspect.DOCUMENTS}


def asked_aspect(turn: Turn) -> Aspect:
    """The aspect of `turn`: a button's own, the intent's where it is sure, else what the words say."""
    given = turn.entity("aspect")
    if given in set(Aspect):
        return Aspect(given)
    by_intent = _OWN.get(turn.intent) or _from_intent(turn.intent)
    if not turn.text:
        return by_intent or Aspect.OVERVIEW
    if by_intent in _PARTS_OF_HOW and asks_how(turn.text):
        return Aspect.OVERVIEW
    if by_intent and not _about(by_intent, turn.text):
        by_intent = None
    by_words = aspect_of_words(turn.text)
    if by_intent in (None, Aspect.OVERVIEW) or turn.confidence < _SURE:
        return by_words or by_intent or Aspect.OVERVIEW
    if by_words and turn.confidence < _QUITE_SURE and not _holds(by_intent, turn.text):
        return by_words
    return by_intent


def asks_part(turn: Turn) -> bool:
    """Whether the intent asks for a part of a procedure ("con dâu nộp hộ được không"), not for all of it."""
    return turn.intent.startswith(_PREFIX) and not is_open_ended(turn)


def is_open_ended(turn: Turn) -> bool:
    """Whether the intent names no part of a procedure: everything, a form's field, or nothing that is known."""
    return turn.intent in _OPEN


def remembered_aspect(turn: Turn) -> Aspect:
    """What was asked before the choice: a button's own aspect, else the one kept with the list."""
    given = turn.entity("aspect") or turn.aspect
    return Aspect(given) if given in set(Aspect) else Aspect.OVERVIEW


def aspect_of_words(text: str) -> Aspect | None:
    """The aspect whose longest phrase stands in `text`, or None."""
    folded = fold(text)
    best: tuple[int, Aspect] | None = None
    for name, phrases in data("aspects").items():
        if not _about(Aspect(name), text):
            continue
        found = (phrase for phrase in phrases if has_phrase(folded, phrase) and has_spelled(text, phrase))
        length = max((len(fold(phrase)) for phrase in found), default=0)
        if length and (best is None or length > best[0]):
            best = (length, Aspect(name))
    return best[1] if best else None


def aspect_phrases() -> tuple[str, ...]:
    """Every phrase that only says which aspect is meant."""
    return tuple(phrase for phrases in data("aspects").values() for phrase in phrases)


def without_aspect_words(text: str) -> str:
    """`text`, folded, without the phrases that only say which aspect is meant."""
    return remove_phrases(fold(text), aspect_phrases())


def asks_how(text: str) -> bool:
    """Whether `text` asks how a matter is done as a whole ("làm giấy tờ cho bé thế nào"), not for a list of papers."""
    folded = fold(text)
    return any(re.search(pattern, folded) for pattern in data("whole"))


def _about(aspect: Aspect, text: str) -> bool:
    """Whether words of `aspect` in `text` may ask for it: not where they only tell how somebody trades."""
    folded, besides = fold(text), data("besides").get(str(aspect), ())
    rest = folded
    for pattern in besides:
        rest = re.sub(pattern, " ", rest)
    return rest == folded or _holds(aspect, " ".join(rest.split()))


def _holds(aspect: Aspect, text: str) -> bool:
    """Whether a phrase of `aspect` stands in `text`."""
    folded = fold(text)
    return any(has_phrase(folded, phrase) for phrase in data("aspects").get(str(aspect), ()))


def _from_intent(intent: str) -> Aspect | None:
    name = intent.removeprefix(_PREFIX)
    return Aspect(name) if intent.startswith(_PREFIX) and name in set(Aspect) else None
