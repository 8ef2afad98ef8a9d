"""Which part of a guide is asked for: the intent's word, corrected by the words of the text."""

from __future__ import annotations

from actions.answers.turn import Turn
from actions.answers.words import data, fold, has_phrase, remove_phrases
from common.messages import Aspect

__all__ = ["asked_aspect", "aspect_of_words", "without_aspect_words"]

_PREFIX = "ask_"
# Below this the classifier guesses; words that name an aspect are better evidence.
_SURE = 0.5
_OWN = {"print_checklist": Aspect.DOCUMENTS}


def asked_aspect(turn: Turn) -> Aspect:
    """The aspect of `turn`: a button's own, the intent's where it is sure, else what the words say."""
    given = turn.entity("aspect")
    if given in set(Aspect):
        return Aspect(given)
    by_intent = _OWN.get(turn.intent) or _from_intent(turn.intent)
    if not turn.text:
        return by_intent or Aspect.OVERVIEW
    by_words = aspect_of_words(turn.text)
    if by_intent in (None, Aspect.OVERVIEW) or turn.confidence < _SURE:
        return by_words or by_intent or Aspect.OVERVIEW
    return by_intent


def aspect_of_words(text: str) -> Aspect | None:
    """The aspect whose longest phrase stands in `text`, or None."""
    folded = fold(text)
    best: tuple[int, Aspect] | None = None
    for name, phrases in data("aspects").items():
        length = max((len(fold(phrase)) for phrase in phrases if has_phrase(folded, phrase)), default=0)
        if length and (best is None or length > best[0]):
            best = (length, Aspect(name))
    return best[1] if best else None


def without_aspect_words(text: str) -> str:
    """`text`, folded, without the phrases that only say which aspect is meant."""
    return remove_phrases(fold(text), (phrase for phrases in data("aspects").values() for phrase in phrases))


def _from_intent(intent: str) -> Aspect | None:
    name = intent.removeprefix(_PREFIX)
    return Aspect(name) if intent.startswith(_PREFIX) and name in set(Aspect) else None
