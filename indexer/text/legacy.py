"""Text in the encodings of the 1990s, TCVN3 (ABC fonts) and VNI-Windows, pasted as if it were Unicode.

Old forms and files still hold it: "§¨ng ký khai sinh" is TCVN3, "Ñaêng kyù khai sinh" is VNI. Tables: TCVN
5712:1993 (lower-case part, and the capitals Ă Â Đ Ê Ô Ơ Ư) and the published VNI-Windows code page.
"""

from __future__ import annotations

import re
import unicodedata

from indexer.text.alphabet import strip_diacritics
from indexer.text.edits import Edit, Mapped
from indexer.text.syllable import is_syllable

__all__ = ["legacy_encoding", "to_unicode"]

_TCVN3 = dict(
    zip(
        "¸µ¶·¹¨¾»¼½Æ©ÊÇÈÉË®ÐÌÎÏÑªÕÒÓÔÖÝ×ØÜÞãßáâä«èåæçé¬íêëìîóïñòô­øõö÷ùýúûüþ¡¢§£¤¥¦",
        "áàảãạăắằẳẵặâấầẩẫậđéèẻẽẹêếềểễệíìỉĩịóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựýỳỷỹỵĂÂĐÊÔƠƯ",
        strict=True,
    )
)
_TCVN3_RE = re.compile("[" + re.escape("".join(_TCVN3)) + "]")

_TONES = "ùøûõï"
_VNI_MARKS = {
    "a": {
        **dict(zip(_TONES, "áàảãạ", strict=True)),
        **dict(zip("âáàåãä", "âấầẩẫậ", strict=True)),
        **dict(zip("êéèúüë", "ăắằẳẵặ", strict=True)),
    },
    "e": {**dict(zip(_TONES, "éèẻẽẹ", strict=True)), **dict(zip("âáàåãä", "êếềểễệ", strict=True))},
    "o": {**dict(zip(_TONES, "óòỏõọ", strict=True)), **dict(zip("âáàåãä", "ôốồổỗộ", strict=True))},
    "u": dict(zip(_TONES, "úùủũụ", strict=True)),
    "y": dict(zip(_TONES[:4], "ýỳỷỹ", strict=True)),
    "ô": dict(zip(_TONES, "ớờởỡợ", strict=True)),
    "ö": dict(zip(_TONES, "ứừửữự", strict=True)),
}
_VNI = {base + mark: letter for base, marks in _VNI_MARKS.items() for mark, letter in marks.items()}
_VNI.update({"ô": "ơ", "ö": "ư", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ", "ñ": "đ"})
_VNI.update({base + mark.upper(): letter for base, marks in _VNI_MARKS.items() for mark, letter in marks.items()})
_VNI.update({key.upper(): letter.upper() for key, letter in list(_VNI.items())})
_VNI_RE = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))

_TABLES = {"tcvn3": (_TCVN3, _TCVN3_RE), "vni": (_VNI, _VNI_RE)}
_WORDS = re.compile(r"[^\W\d_]+")
_LATIN1 = re.compile("[\u00a1-\u00ff]")


def _decoded(text: str, encoding: str) -> str:
    table, pattern = _TABLES[encoding]
    return pattern.sub(lambda match: table[match.group()], text)


def _quality(text: str) -> tuple[int, int]:
    """How many words with a character beyond ASCII are well-formed syllables, and how many aren't."""
    composed = unicodedata.normalize("NFC", text)
    words = [word for word in _WORDS.findall(composed) if not word.isascii()]
    good = sum(1 for word in words if is_syllable(word) and strip_diacritics(word).isascii())
    return good, len(words) - good


def legacy_encoding(text: str) -> str | None:
    """`"tcvn3"` or `"vni"` when `text` reads as Vietnamese only through that table, else None.

    It must turn at least two words into well-formed syllables, leave at most one in ten malformed, and more
    than a third of the words must be malformed as they stand.
    """
    if not _LATIN1.search(text):
        return None
    good_now, bad_now = _quality(text)
    if bad_now + _loose_symbols(text) < 2 or 2 * (bad_now + _loose_symbols(text)) <= good_now:
        return None
    best = None
    best_good = max(1, good_now)
    for encoding in _TABLES:
        good, bad = _quality(_decoded(text, encoding))
        if good > best_good and 10 * bad <= good:
            best, best_good = encoding, good
    return best


def _loose_symbols(text: str) -> int:
    """Symbols that touch a letter, as in "§¨ng": letters of TCVN3 that Unicode takes for signs."""
    return sum(map(len, re.findall(r"(?<=[^\W\d_])[¡-¿×÷]+|[¡-¿×÷]+(?=[^\W\d_])", text)))


def to_unicode(text: Mapped, encoding: str) -> Mapped:
    """`text` decoded from `encoding` (a result of `legacy_encoding`)."""
    table, pattern = _TABLES[encoding]
    return text.apply(Edit(*match.span(), table[match.group()]) for match in pattern.finditer(text.value))
