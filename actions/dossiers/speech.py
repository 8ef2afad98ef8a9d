"""Commands, questions and set phrases, told from answers by the word lists in `words.yml`."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import yaml

from actions.dossiers.values import plain

__all__ = ["Speech"]

_WORDS = Path(__file__).parent / "words.yml"


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
        typed = re.sub(r"^(?:dạ|da|à|ừ|thôi|thoi)[ ,]+", "", typed)
        typed = re.sub(r" (?:ạ|a|nhé|nhe|đi|di|em|em ơi)$", "", typed)
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
    return lowered, not lowered.isascii()


def _pair(phrase: str) -> tuple[str, str]:
    return unicodedata.normalize("NFC", phrase).lower(), plain(phrase)
