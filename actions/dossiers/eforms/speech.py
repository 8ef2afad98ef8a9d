"""Commands, questions and set phrases, told from answers by the word lists in `words.yml`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import yaml
from yaml import CSafeLoader

from actions.dossiers.eforms.values import plain

__all__ = ["Speech"]

_WORDS = Path(__file__).parent / "words.yml"
_TONES = "\u0300\u0301\u0303\u0309\u0323"  # grave, acute, tilde, hook above, dot below


def _tones_last(text: str) -> str:
    """Each word with its tone mark at the end, so that "huỷ" and "hủy" are one word."""
    words = []
    for word in text.split(" "):
        parts = unicodedata.normalize("NFD", word)
        tone = "".join(char for char in parts if char in _TONES)
        words.append(unicodedata.normalize("NFC", "".join(char for char in parts if char not in _TONES)) + tone)
    return " ".join(words)


def _alternatives(*words: str) -> str:
    return "|".join(_tones_last(word) for word in words)


_BEFORE = re.compile(rf"^(?:(?:{_alternatives('dạ', 'da', 'à', 'ừ', 'thôi', 'thoi')})[ ,]+)+(?=\S)")
_AFTER = re.compile(rf" (?:{_alternatives('ạ', 'a', 'nhé', 'nhe', 'đi', 'di', 'em ơi', 'em')})$")


class Speech:
    """Judges whole messages. Text with diacritics is compared with them ("đầu" is not "đâu")."""

    def __init__(self, path: Path = _WORDS) -> None:
        words = yaml.load(path.read_text(encoding="utf-8"), Loader=CSafeLoader)
        self._questions = [_pair(phrase) for phrase in words["questions"]]
        self._commands = [_Phrase.of(phrase) for phrase in words["commands"]]
        self._routes = _routes(words["routes"])
        self._stages = {
            "consent": [*_routes(words["consent_stage"]), *self._routes],
            "review": [*_routes(words["review_stage"]), *self._routes],
            "field": self._routes,
        }
        self._skip = {plain(phrase) for phrase in words["skip"]}
        self._pin_lost = [plain(phrase) for phrase in words["pin_lost"]]

    def skips(self, typed: str) -> bool:
        """Whether folded `typed` means "leave this out"."""
        return typed in self._skip

    def lacks_pin(self, text: str) -> bool:
        """Whether `text`, said where a PIN was asked for, tells that the citizen doesn't have or know it."""
        return any(f" {phrase} " in f" {plain(text)} " for phrase in self._pin_lost)

    def route(self, text: str, stage: str) -> str | None:
        """The intent of a command about the open form, or None."""
        for said in _readings(text):
            for phrase, intent in self._stages[stage]:
                if phrase.matches(*said):
                    return intent
        return None

    def is_set_phrase(self, text: str, stage: str) -> bool:
        """Whether the whole message is a command of the lists, with nothing after it."""
        return any(
            typed == (phrase.accented if accented else phrase.plain)
            for typed, accented in _readings(text) for phrase, _intent in self._stages[stage])

    def is_other(self, text: str) -> bool:
        """Whether `text` is a question or a command and no answer."""
        return self.is_question(text) or any(
            phrase.matches(*said)
            for said in _readings(text) for phrase in (*self._commands, *(phrase for phrase, _intent in self._routes)))

    def is_question(self, text: str) -> bool:
        typed, accented = _typed(text)
        if "?" in text:
            return True
        padded = f" {typed} "
        return any(f" {with_accents if accented else without} " in padded for with_accents, without in self._questions)


@dataclass(frozen=True)
class _Phrase:
    accented: str
    plain: str
    begins: bool

    @classmethod
    def of(cls, written: str) -> _Phrase:
        return cls(*_pair(written.rstrip("*")), written.endswith("*"))

    def matches(self, typed: str, accented: bool) -> bool:
        phrase = self.accented if accented else self.plain
        # "sua ten be thành Khánh": who leaves marks out elsewhere still writes a name with them.
        return typed == phrase or (self.begins and typed.startswith((phrase + " ", self.plain + " ")))


def _routes(table: dict[str, list[str]]) -> list[tuple[_Phrase, str]]:
    return [(_Phrase.of(phrase), intent) for intent, phrases in table.items() for phrase in phrases]


def _readings(text: str) -> list[tuple[str, bool]]:
    """The message as typed, then without polite words around it."""
    typed, accented = _typed(text)
    bare = _AFTER.sub("", _BEFORE.sub("", _AFTER.sub("", typed)))
    return [(typed, accented), (bare, accented)]


def _typed(text: str) -> tuple[str, bool]:
    lowered = " ".join(unicodedata.normalize("NFC", text).lower().split()).strip(" .,!?;:…")
    lowered = re.sub(r"[,;.!?]+(?= )", "", lowered)
    return _tones_last(lowered), not lowered.isascii()


def _pair(phrase: str) -> tuple[str, str]:
    return _tones_last(phrase.lower()), plain(phrase)
