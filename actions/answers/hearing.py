"""What a message in English, French or Chinese is, before anybody is asked: a set phrase, a wish, talk, or a question.

Set phrases and wishes go on as the Vietnamese words that the dialogue and the e-forms understand; a question goes on as
the intent that asks for a part of a guide, and the search reads its own words. The phrases are data
(`data/foreign.yml`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from actions.answers.words import data
from common.language import Language

__all__ = ["Heard", "hear", "names_matter"]

_EDGES = " .,;:?!…-\"'“”«»。，？！；：、"
_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_ASK = "/ask_{}"
_WHOLE = "overview"


@dataclass(frozen=True)
class Heard:
    """`words`: what to go on with in Vietnamese, "" for a question. `intent`: a question's payload. `talk`: the kind of
    talk ("greet"), "" for anything else.
    """

    words: str = ""
    intent: str = ""
    talk: str = ""


def hear(text: str, language: Language) -> Heard:
    """What `text`, written in `language` (not Vietnamese), says."""
    said = _plain(text)
    words = _set_phrases(language).get(said)
    if words:
        return Heard(words)
    for kind, talk in data("foreign")["talk"].items():
        if said in map(_plain, talk[language]):
            return Heard(talk["words"], talk=kind)
    for words, phrases in data("foreign")["wishes"].items():
        if any(_holds(said, phrase, language) for phrase in phrases[language]):
            return Heard(words)
    return Heard(intent=_ASK.format(_aspect(said, language)))


def names_matter(text: str, language: Language) -> bool:
    """Whether `text` holds anything beside words of asking and of the parts of a guide: a matter of its own."""
    said = _plain(text)
    phrases = [phrase for found in data("foreign")["aspects"].values() for phrase in found[language]]
    for phrase in sorted(phrases, key=len, reverse=True):
        pattern = re.escape(phrase) if language == "zh" else rf"(?<!\w){re.escape(phrase)}(?!\w)"
        said = re.sub(pattern, " ", said)
    neutral = data("foreign")["neutral"][language]
    if language == "zh":
        for word in sorted(neutral, key=len, reverse=True):
            said = said.replace(word, "")
        return any(char.isalnum() for char in said)
    return any(word not in neutral for word in _WORD.findall(said.replace("'", " ")) if not word.isdigit())


def _aspect(said: str, language: Language) -> str:
    held = [
        (len(phrase), aspect)
        for aspect, phrases in data("foreign")["aspects"].items()
        for phrase in phrases[language]
        if _holds(said, phrase, language)
    ]
    return max(held)[1] if held else _WHOLE


def _holds(said: str, phrase: str, language: Language) -> bool:
    if language == "zh":
        return phrase in said
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", said) is not None


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text.lower().replace("’", "'")).strip(_EDGES)


@lru_cache(maxsize=4)
def _set_phrases(language: Language) -> dict[str, str]:
    """Each whole message and its Vietnamese words."""
    said = data("foreign")["said"]
    return {_plain(str(phrase)): words for words, phrases in said.items() for phrase in phrases[language]}
