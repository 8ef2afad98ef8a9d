"""Characters: compatibility forms, invisible ones, quotes, dashes, blanks and emoji."""

from __future__ import annotations

import re
import unicodedata

from indexer.text.edits import Edit, Mapped

__all__ = ["clean"]

_SINGLES = {
    "\u2018": "'",
    "\u2019": "'",
    "\u201a": "'",
    "\u2032": "'",
    "\u00b4": "'",
    "`": "'",
    "\u02bc": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u201e": '"',
    "\u00ab": '"',
    "\u00bb": '"',
    "\u2033": '"',
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "-",
    "\u2013": "-",
    "\u2014": "-",
    "\u2015": "-",
    "\u2212": "-",
    "\u00d0": "Đ",
    "\u00f0": "đ",
    "\u0189": "Đ",
    "\u0256": "đ",
    "\u2044": "/",
    "\u3002": ".",
    "\u00b7": " ",
    "\u00a8": " ",
    "\u02dc": "~",
    "\ufffd": " ",
}
"""Look-alikes of one plain character: Eth for Đ is a keyboard mix-up, the rest comes from word processors."""

_DROPPED_CATEGORIES = frozenset({"Cf", "Cc", "Co", "Cs", "Cn"})
_BLANK_CATEGORIES = frozenset({"Zs", "Zl", "Zp"})
_EMOJI = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u2460-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u3030\u303d\u20e3\ufe00-\ufe0f\U0001f000-\U0001faff]+"
)
_EMOTICON = re.compile(
    r"(?<!\S)(?:[:;=xX]['^-]?[)(\]\[DPpvV3Oo*|/]+|[)(=]{2,}|\^[_.]*\^|[Tt]_+[Tt]|<3+|=\)+|:'\(+|[uU]_[uU])(?!\S)"
)
_GLUED_EMOTICON = re.compile(r"(?<=\w)\s*(?:[:;=]['^-]?[)(]+|=\)+|\^\^+)(?!\w)")
_BLANK = re.compile(r"\s+")
_REPEATED = re.compile(r"([^\w\s/])\1+")
_PLAIN_TEXT = re.compile(r"[\w ,.?/()%+:;\"'-]*\Z")


def _one(char: str) -> str:
    """What stands for `char` after cleaning: itself, a plain look-alike, a blank, or nothing."""
    if char in _SINGLES:
        return _SINGLES[char]
    if char.isalnum():
        return char
    if char in "\t\n\r\v\f\x1c\x1d\x1e\x1f\x85":
        return " "
    category = unicodedata.category(char)
    if category in _BLANK_CATEGORIES:
        return " "
    return "" if category in _DROPPED_CATEGORIES else char


def _composed(text: Mapped) -> Mapped:
    """NFKC, piece by piece: a piece is a base character with the marks that may merge into it."""
    value = text.value
    if unicodedata.is_normalized("NFKC", value):
        return text
    starts = [index for index, char in enumerate(value) if index == 0 or not _merges(char)]
    edits = []
    for start, end in zip(starts, [*starts[1:], len(value)], strict=False):
        piece = value[start:end]
        new = unicodedata.normalize("NFKC", piece)
        if new != piece:
            edits.append(Edit(start, end, new))
    return text.apply(edits)


def _merges(char: str) -> bool:
    return unicodedata.category(char) in ("Mn", "Mc", "Me") or "\u1160" <= char <= "\u11ff"


def _characters(text: Mapped) -> Mapped:
    changed = {char: new for char in set(text.value) if (new := _one(char)) != char}
    if not changed:
        return text
    return text.apply(Edit(index, index + 1, changed[char]) for index, char in enumerate(text.value) if char in changed)


def _symbols(text: Mapped) -> Mapped:
    text = text.apply(Edit(*match.span(), " ") for match in _EMOJI.finditer(text.value))
    text = text.apply(Edit(*match.span(), " ") for match in _EMOTICON.finditer(text.value))
    text = text.apply(Edit(*match.span(), "") for match in _GLUED_EMOTICON.finditer(text.value))
    return text.apply(Edit(*match.span(), match.group(1)) for match in _REPEATED.finditer(text.value))


def _blanks(text: Mapped) -> Mapped:
    length = len(text.value)
    edits = []
    for match in _BLANK.finditer(text.value):
        outer = match.start() == 0 or match.end() == length
        if outer or match.group() != " ":
            edits.append(Edit(*match.span(), "" if outer else " "))
    return text.apply(edits)


def clean(text: Mapped) -> Mapped:
    """`text` in NFKC with plain quotes, dashes and blanks; invisible characters, emoji and emoticons left out.

    Cleaning cleaned text changes nothing: the steps are repeated until they agree (a removed joiner may
    bring two characters together that compose).
    """
    for _ in range(8):
        before = text.value
        if not before.isascii():
            text = _composed(_characters(text))
        elif not _PLAIN_TEXT.match(before):
            text = _characters(text)
        text = _blanks(_symbols(text))
        if text.value == before:
            break
    return text
