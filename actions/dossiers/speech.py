"""Commands, questions and set phrases, told from answers by the word lists in `words.yml`."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import yaml

from actions.dossiers.values import plain

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
        words = yaml.safe_load(path.read_text(encoding="utf-8"))
        self._questions = [_pair(phrase) for phrase in words["questions"]]
        self._commands = [(*_pair(phrase.rstrip("*")), phrase.endswith("*")) for phrase in words["commands"]]
        self._skip = {plain(phrase) for phrase in words["skip"]}

    def skips(self, typed: str) -> bool:
        """Whether folded `typed` means "leave this out"."""
        return typed in self._skip

    def is_other(self, text: str) -> bool:
        """Whether `text` is a question or a command and no answer."""
        return self.is_command(text) or self.is_question(text)

    def is_command(self, text: str) -> bool:
        typed, accented = _typed(text)
        typed = _BEFORE.sub("", typed)
        typed = _AFTER.sub("", typed)
        for with_accents, without, begins in self._commands:
            phrase = with_accents if accented else without
            if typed == phrase or (begins and typed.startswith(phrase + " ")):
                return True
        return False

    def is_question(self, text: str) -> bool:
        typed, accented = _typed(text)
        if "?" in text:
            return True
        padded = f" {typed} "
        return any(f" {with_accents if accented else without} " in padded for with_accents, without in self._questions)


def _typed(text: str) -> tuple[str, bool]:
    lowered = " ".join(unicodedata.normalize("NFC", text).lower().split()).strip(" .,!?;:…")
    lowered = re.sub(r"[,;.!?]+(?= )", "", lowered)
    return _tones_last(lowered), not lowered.isascii()


def _pair(phrase: str) -> tuple[str, str]:
    return _tones_last(phrase.lower()), plain(phrase)
