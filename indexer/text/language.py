"""Which language a message is written in: Vietnamese (with or without diacritics), English, French or Chinese.

By script, by Vietnamese letters and syllables, and by the words of `data/languages.tsv`; short texts that speak for no
language give None, so that the caller keeps to the language spoken before. Vietnamese typed without diacritics must
never be taken for another language: what reads as a Vietnamese syllable speaks against the others.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from indexer.text.alphabet import strip_diacritics
from indexer.text.syllable import is_plain_syllable
from indexer.text.tables import read_table

__all__ = ["LANGUAGES", "Language", "has_vietnamese", "language_of"]

Language = Literal["vi", "en", "fr", "zh"]
LANGUAGES: tuple[Language, ...] = ("vi", "en", "fr", "zh")

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
# Addresses and markup are nobody's language.
_NO_WORDS = re.compile(r"<[^>]*>|\b(?:https?://|www\.)\S+|\S+@\S+")
_LETTER = re.compile(r"[^\W\d_]")
# Letters that neither French nor another language of the four has.
_VIETNAMESE = re.compile(r"[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉĩịọỏốồổỗộớờởỡợụủũứừửữựỳỷỹỵ]")
_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_ELISION = re.compile(r"\b(?:[jldnsmtc]|qu)['’](?=[aeiouhyéèêàâîô])")
# Chinese has more letters a word than it has characters, so names in Latin letters may outnumber them.
_LEAST_HAN = 0.2
_AMBIGUOUS, _UNKNOWN = 0.5, 0.25
_LEAST_UNKNOWN = 5


def language_of(text: str) -> Language | None:
    """The language of `text`; None where it doesn't tell (a number, a name, "ok") or is none of the four."""
    lowered = _NO_WORDS.sub(" ", text.lower())
    han = len(_HAN.findall(lowered))
    if han and not _KANA.search(lowered) and han >= _LEAST_HAN * len(_LETTER.findall(lowered)):
        return "zh"
    words = _words(lowered)
    if not words:
        return None
    english, french = (_weighed(words, language) for language in ("en", "fr"))
    french_sure = french[0] + len(_ELISION.findall(lowered))
    other: Language = "fr" if (french_sure, french[1]) > english[:2] else "en"
    sure, ambiguous, vietnamese, unknown = french if other == "fr" else english
    sure = max(sure, french_sure) if other == "fr" else sure
    if sure and sure + _AMBIGUOUS * ambiguous + _UNKNOWN * unknown > vietnamese:
        return other
    if _VIETNAMESE.search(lowered) or vietnamese > unknown + ambiguous + sure:
        return "vi"
    return None


def has_vietnamese(text: str) -> bool:
    """Whether letters that only Vietnamese has stand in `text`."""
    return _VIETNAMESE.search(text.lower()) is not None


def _words(lowered: str) -> list[str]:
    found = _WORD.findall(lowered.replace("’", "'"))
    return [part for word in found for part in ([word] if word in _lists()["en"] else re.split(r"['\-]", word)) if part]


def _weighed(words: list[str], language: str) -> tuple[int, int, int, int]:
    """How many `words` are surely of `language`, may be of it or of Vietnamese, are Vietnamese, and are unknown."""
    known, borrowed = _lists()[language], _lists()["borrowed"]
    sure = ambiguous = vietnamese = unknown = 0
    for word in words:
        plain = strip_diacritics(word)
        if plain in known or plain in borrowed:
            neutral = plain in borrowed or (is_plain_syllable(plain) and not _VIETNAMESE.search(word))
            marked = bool(_VIETNAMESE.search(word))
            vietnamese += marked
            ambiguous += neutral and not marked
            sure += not neutral and not marked
        elif is_plain_syllable(plain):
            vietnamese += 1
        elif len(plain) >= _LEAST_UNKNOWN and plain.isascii():
            unknown += 1
    return sure, ambiguous, vietnamese, unknown


@lru_cache(maxsize=1)
def _lists() -> dict[str, frozenset[str]]:
    """The words of each list of `languages.tsv`."""
    lists: dict[str, set[str]] = {}
    for row in read_table("languages.tsv"):
        lists.setdefault(row["language"], set()).update(row["words"].split())
    return {name: frozenset(words) for name, words in lists.items()}
