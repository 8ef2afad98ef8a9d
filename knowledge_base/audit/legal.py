"""Legal numbers, parts of laws, annexes and form numbers in a text."""

from __future__ import annotations

import re

__all__ = ["legal_facts", "normal_number"]

Found = list[tuple[str, str, str]]

_SERIAL = r"(?:\d{1,2}(?!\d*/))?"  # C06, but not the number that follows without a space
_SUFFIX = rf"(?:(?:UBTV)?QH\d{{1,2}}|[A-ZĐ]+{_SERIAL})(?:\s?[-–/&_]\s?(?:TTg|[A-ZĐ]+{_SERIAL}))*"
_INSTRUMENT = r"(?:[Tt]hông tư(?: liên tịch)?|[Nn]ghị định|[Nn]ghị quyết|[Qq]uyết định|[Ll]uật|[Pp]háp lệnh)"
# The portal sets names and numbers without a space between: "BTP01/2020/TT-BTPsửa đổi".
_LAW = re.compile(rf"(?<![\d/])(?<!\d\.)\d{{1,5}}(?:\.\d{{1,2}}|\.?[A-Ea-e])?\s?/\s?(?:19|20)\d\d\s?/\s?{_SUFFIX}")
_DECISION = re.compile(r"(?<![\d./])\d{1,5}\s?/\.?\s?QĐ(?:\s?[-–_]\s?[A-ZĐ0-9]+)*")
_SHORT = re.compile(rf"{_INSTRUMENT}(?: số)?\s(\d{{1,4}}(?:\.\d{{1,2}})?/(?:19|20)\d\d)(?![\d/])")
_ANNEX = re.compile(r"(?:[Pp]hụ lục|PHỤ LỤC)\s(?:số\s)?([IVX]{1,5}|\d{1,2})(?:\b|(?=[A-Z]))")
_FORM = re.compile(
    r"(?:[Mm]ẫu|MẪU|[Mm]au|[Bb]iểu)(?: đơn| tờ khai)?(?:\s?(?:số|SỐ|so))?\s?"
    r"((?:[A-ZĐ]{1,6}-?)?\d{1,3}[A-Za-zđ]{0,2}(?:[-/.][A-ZĐ0-9][A-ZĐa-z0-9]*)*)(?![\w/])"
)
_FORM_LIST = re.compile(r"([Mm]ẫu số \d{1,2}[a-zđ]?) (?:hoặc|và) (?=\d{1,2}[a-zđ](?![\wà-ỹ]))")
_CODE = re.compile(
    r"(?<![\w/.-])(?:[A-ZĐ]{1,6}\d{1,3}[a-zA-Z]?(?:-[A-ZĐ]{2,6})?|\d{1,2}[A-Za-z]?[-/][A-ZĐ]{2,6}(?:-[A-ZĐ]{2,6})*"
    r"|[A-ZĐ]{2}\d-[A-Z]{2})(?![\w/])"
)
_PART = re.compile(
    r"\b(điều|khoản|điểm)\s((?:[\da-zđ]{1,3}(?:\.\d)?)(?:(?:\s?,\s?|\s(?:và|hoặc|đến)\s)"
    r"(?:\d{1,3}|[a-eghikđ])(?![\wà-ỹ/.]))*)(?![\wà-ỹ/])",
    re.IGNORECASE,
)
_PARTS = {"điều": "article", "khoản": "clause", "điểm": "point"}
_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "X": 10, "XI": 11}


def normal_number(text: str) -> str:
    """A legal or form number for comparing: no spaces, capitals, no leading zeros, one kind of dash."""
    number = re.sub(r"\s+", "", text).upper().replace("–", "-").replace("_", "-").replace("/.", "/")
    # "02076/2025/QH15" is the portal's serial of a law.
    number = re.sub(r"^02(?=\d{3}/\d{4}/QH)", "", number)
    return re.sub(r"^(\d+)\.([A-E]/)", r"\1\2", re.sub(r"^0+(?=\d)", "", number))


def legal_facts(text: str) -> tuple[Found, str]:
    """`(kind, value, words)` of each, and the text without them. Kinds: law, annex, form, article, clause, point."""
    found: Found = []
    for pattern, kind, group in ((_LAW, "law", 0), (_DECISION, "law", 0), (_SHORT, "law", 1), (_ANNEX, "annex", 1)):
        text = _take(pattern, text, found, kind, group)
    text = _FORM_LIST.sub(r"\1 ; mẫu ", text)
    text = _take(_FORM, text, found, "form", 1)
    text = _take(_CODE, text, found, "form", 0)

    def parts(match: re.Match[str]) -> str:
        kind = _PARTS[match[1].lower()]
        values = re.split(r"\s?,\s?|\s(?:và|hoặc|đến)\s", match[2])
        wanted = r"\d{1,3}[a-zđ]?(?:\.\d)?" if kind != "point" else r"[a-zđ]"
        good = [label for value in values if re.fullmatch(wanted, label := value.lower())]
        found.extend((kind, label, match[0]) for label in good)
        return " ; " if good else match[0]

    return found, _PART.sub(parts, text)


def _take(pattern: re.Pattern[str], text: str, found: Found, kind: str, group: int) -> str:
    def replace(match: re.Match[str]) -> str:
        value = normal_number(match[group])
        found.append((kind, str(_ROMAN.get(value, value)) if kind == "annex" else value, match[0]))
        if kind == "law" and text[match.end() : match.end() + 1].islower():
            found.append((kind, value[:-1], match[0]))  # "…/NĐ-CPThông tư": the T belongs to the next word
        return " ; "

    return pattern.sub(replace, text)
