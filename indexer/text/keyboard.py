"""What keyboards leave behind: Telex and VNI keystrokes that were never composed, and letters held down."""

from __future__ import annotations

import re
from functools import lru_cache

from indexer.text.alphabet import ACUTE, DOT, GRAVE, HOOK, LEVEL, TILDE, split_tone, strip_diacritics
from indexer.text.edits import Edit, Mapped
from indexer.text.syllable import is_plain_syllable, is_syllable, place_tone, retone
from indexer.text.tables import kept_words

__all__ = ["compose", "from_telex", "from_vni", "shorten"]

_TELEX_TONES = {"f": GRAVE, "s": ACUTE, "r": HOOK, "x": TILDE, "j": DOT}
_VNI_TONES = {"2": GRAVE, "1": ACUTE, "3": HOOK, "4": TILDE, "5": DOT}
_CIRCUMFLEX = {"a": "â", "e": "ê", "o": "ô"}
_HORN = {"u": "ư", "o": "ơ"}
_HELD = re.compile(r"([^\W\d_])\1{2,}", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_ROMAN = re.compile(r"[IVXLC]+\Z")
_VNI_WORD = re.compile(r"[a-zđ]{1,6}[1-9a-zđ]*[1-9][a-z]*\Z")


def _like(word: str, model: str) -> str:
    """`word` in the case of `model`: all capitals, a capital first letter, or as it is."""
    if len(model) > 1 and model.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word


def _shaped(letters: str, circumflex: str, horn: bool, breve: bool) -> str:
    """The toneless `letters` with a circumflex on one vowel, or horn or breve where they fit."""
    for vowel in circumflex:
        place = letters.rfind(vowel)
        if place >= 0:
            letters = letters[:place] + _CIRCUMFLEX[vowel] + letters[place + 1 :]
            break
    if horn:
        if "uo" in letters and not letters.startswith("quo"):
            letters = letters.replace("uo", "ươ", 1)
        else:
            place = max(letters.rfind("u") if "ua" not in letters else letters.find("u"), letters.rfind("o"))
            if place >= 0:
                letters = letters[:place] + _HORN[letters[place]] + letters[place + 1 :]
            else:
                breve = True
    if breve and "a" in letters:
        letters = letters.replace("a", "ă", 1)
    return letters


@lru_cache(maxsize=4096)
def from_telex(word: str) -> str | None:
    """The syllable that the Telex keystrokes `word` (lower case) spell, or None: "giaays" → "giấy".

    A word that already is a syllable (bare or marked), or that stands in the list of foreign words, is
    none. Keys may stand where they are typed in practice: after the vowel or at the end.
    """
    if len(word) > 9 or word in kept_words() or is_plain_syllable(word) or is_syllable(word):
        return None
    tone, letters, onset_seen = LEVEL, "", False
    for char in word:
        if onset_seen and char in _TELEX_TONES:
            if tone != LEVEL:
                return None
            tone = _TELEX_TONES[char]
        else:
            letters += char
            onset_seen = onset_seen or char in "aeiouyâăêôơưw"
    d_bar = letters.startswith("dd") or (letters.startswith("d") and letters.endswith("d") and len(letters) > 2)
    if d_bar:
        letters = "đ" + (letters[2:] if letters.startswith("dd") else letters[1:-1])
    horn = "w" in letters
    if letters.count("w") > 2:
        return None
    if horn and not any(vowel in letters for vowel in "aou"):
        letters = letters.replace("w", "u", 1)
    letters = letters.replace("w", "")
    doubled = "".join(vowel for vowel in "aeo" if letters.count(vowel) == 2)
    for vowel in doubled:
        place = letters.rfind(vowel)
        letters = letters[:place] + letters[place + 1 :]
    if tone == LEVEL and not (d_bar or horn or doubled):
        return None
    return _finished(_shaped(letters, doubled, horn and not doubled, False), tone, word)


@lru_cache(maxsize=4096)
def from_vni(word: str) -> str | None:
    """The syllable that the VNI keystrokes `word` (lower case) spell, or None: "d9ang8" → "đăng"."""
    if not _VNI_WORD.match(word):
        return None
    digits = [char for char in word if char.isdigit()]
    letters = "".join(char for char in word if not char.isdigit())
    tones = [_VNI_TONES[digit] for digit in digits if digit in _VNI_TONES]
    if len(tones) > 1 or len(set(digits)) != len(digits):
        return None
    if "9" in digits:
        if not letters.startswith("d"):
            return None
        letters = "đ" + letters[1:]
    shaped = _shaped(letters, "aeo" if "6" in digits else "", "7" in digits, "8" in digits)
    return _finished(shaped, tones[0] if tones else LEVEL, word)


def _finished(shape: str, tone: int, typed: str) -> str | None:
    marked = place_tone(split_tone(shape)[0], tone or split_tone(shape)[1])
    return marked if marked != typed and is_syllable(marked) else None


@lru_cache(maxsize=4096)
def shorten(word: str) -> str:
    """`word` without held-down letters: "nhanhhhh" → "nhanh", "sinhh" → "sinh", "nhaaa" → "nha".

    Three equal letters are never Vietnamese; two at the end are cut only where a syllable remains.
    """
    if _ROMAN.match(word) or word.lower() in kept_words() or not word.isalpha():
        return word
    word = _HELD.sub(r"\1", word)
    lowered = word.lower()
    if len(word) > 2 and lowered[-1] == lowered[-2] and not (is_plain_syllable(lowered) or is_syllable(lowered)):
        shorter = word[:-1]
        if is_plain_syllable(shorter) or is_syllable(shorter.lower()) or shorter.lower() in kept_words():
            return shorter
    return word


def compose(text: Mapped, protected: list[tuple[int, int]]) -> Mapped:
    """`text` with keystrokes composed, held letters cut and tone marks put in their place.

    A single trailing digit ("ky1") counts as VNI only when another word of the text is VNI beyond doubt or
    there are two such words: "mau1" or "lop2" alone is a word and a number.
    """
    words = [match for match in _WORD.finditer(text.value) if not _inside(match.start(), protected)]
    vni = {match.group() for match in words if not match.group().isalpha() and from_vni(match.group().lower())}
    if len(vni) < 2 and not any(sum(char.isdigit() for char in word) > 1 for word in vni):
        vni = set()
    edits = []
    for match in words:
        word = match.group()
        new = _composed(word, word in vni)
        if new != word:
            edits.append(Edit(*match.span(), new))
    return text.apply(edits)


def _composed(word: str, vni: bool) -> str:
    if vni:
        return _like(from_vni(word.lower()) or word, word)
    if not word.isalpha():
        return word
    short = shorten(word)
    lowered = short.lower()
    if not (short.isupper() and len(short) > 1) or strip_diacritics(short) != short:
        decoded = from_telex(lowered) if not is_syllable(lowered) else None
        if decoded:
            return _like(decoded, short)
    return retone(short)


def _inside(position: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= position < end for start, end in spans)
