"""Token patterns of codes, numbers, dates, amounts and ordinals."""

from __future__ import annotations

from typing import Any

from indexer.text import strip_diacritics
from indexer.text.tokens import DOSSIER_CODE, PROCEDURE_CODE

__all__ = ["TOKEN_MATCH", "identifier_patterns"]

Pattern = dict[str, Any]
_PHONE = r"(?:\+?84|0)[.-]?[2-9]\d{1,3}(?:[.-]?\d{2,4}){2,3}"
_AGENCY = r"(?:\d{3}\.\d\d\.\d\d\.)?[A-Z]\d{2,3}(?:\.\d{1,3}){0,3}"
_PERSONAL_ID = r"\d{12}|\d{9}|\d{3}(?:[.-]\d{3}){3}|\d{4}(?:[.-]\d{4}){2}|\d{3}[.-]\d{3}[.-]\d{6}"
_DATE = r"(?:[0-3]?\d[/.-][01]?\d(?:[/.-](?:\d{4}|\d{2}))?|\d{4}-[01]\d-[0-3]\d)"
_NUMBER = r"\d+(?:[.,]\d+)*"
TOKEN_MATCH = (
    rf"(?i)^(?:{DOSSIER_CODE}|{_AGENCY}|{PROCEDURE_CODE}|{_PHONE}|{_PERSONAL_ID}|{_DATE}|{_NUMBER}|"
    r"(?=\D*(?:\d\D*){1,8}$)\d+(?:[.,]\d+)*[^\W\d_]+\d?|"
    r"\d+/(?:\d{4}/)?[A-ZĐ][A-ZĐ0-9-]*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+)$"
)
"""Chunks that the tokenizer keeps whole. Letters stay with a short number before them ("50k", "1tr2")."""
_DASH = r"[-–—_.]"

_UNITS = ("đồng", "đ", "vnđ", "vnd", "nghìn", "ngàn", "k", "triệu", "tr", "củ", "tỷ", "tỉ", "xu")
_HEADS = ("cái", "câu", "số", "mục", "dòng", "loại", "thủ tục", "lựa chọn", "phương án", "ý")
_ORDINALS = {
    "1": ("nhất", "một", "1"),
    "2": ("hai", "nhì", "2"),
    "3": ("ba", "3"),
    "4": ("tư", "bốn", "4"),
    "5": ("năm", "5"),
    "6": ("sáu", "6"),
    "7": ("bảy", "7"),
    "8": ("tám", "8"),
    "9": ("chín", "9"),
}
_RELATIVE = (
    "hôm nay",
    "hôm qua",
    "hôm kia",
    "ngày mai",
    "ngày kia",
    "sáng mai",
    "chiều mai",
    "sáng nay",
    "chiều nay",
    "tuần này",
    "tuần sau",
    "tuần trước",
    "tháng này",
    "tháng sau",
    "tháng trước",
    "hnay",
    "hqua",
    "hôm wa",
    "bữa qua",
    "bữa ni",
)
_LAST, _FIRST = ("cuối", "chót", "cuối cùng", "sau cùng", "dưới cùng"), ("đầu", "đầu tiên", "trên cùng", "trước tiên")


def _both(*forms: str) -> list[str]:
    """`forms` and the same without diacritics."""
    return sorted({*forms, *map(strip_diacritics, forms)})


def _regex(expression: str) -> dict[str, Any]:
    return {"TEXT": {"REGEX": rf"(?i)^(?:{expression})$"}}


def _lower(*forms: str) -> dict[str, Any]:
    return {"LOWER": {"IN": _both(*forms)}}


def identifier_patterns() -> list[Pattern]:
    """All patterns; the id of an ordinal is its number, or "last".

    Personal numbers: 12 digits, or the 9 of the former identity card; telephone: ten digits from 0 (or +84). Both
    as people space and dot them.
    """
    return [
        *_codes(),
        {"label": "personal_id", "pattern": [_regex(_PERSONAL_ID)]},
        {"label": "personal_id", "pattern": [_regex(r"\d{4}")] * 3},
        {"label": "personal_id", "pattern": [_regex(r"\d{3}")] * 4},
        {"label": "personal_id", "pattern": [_regex(r"\d{3}"), _regex(r"\d{3}"), _regex(r"\d{6}")]},
        {"label": "personal_id", "pattern": [_regex(r"\d{6}"), _regex(r"\d{6}")]},
        *_phones(),
        *_dates(),
        *_amounts(),
        *_ordinals(),
    ]


def _codes() -> list[Pattern]:
    """Dossier and procedure codes, also with other dashes, blanks or a comma where a point belongs."""
    dash = _regex(r"[-–—_]+")
    day, number = _regex(r"\d{6}"), _regex(r"\d{4,6}")
    return [
        {"label": "dossier_code", "pattern": [_regex(DOSSIER_CODE)]},
        {
            "label": "dossier_code",
            "pattern": [_regex(rf"{_AGENCY}{_DASH}\d{{6}}{_DASH}\d{{4,6}}")],
        },
        {"label": "dossier_code", "pattern": [_regex(_AGENCY), dash, day, dash, number]},
        {"label": "dossier_code", "pattern": [_regex(_AGENCY), day, number]},
        {"label": "dossier_code", "pattern": [_regex(rf"{_AGENCY}{_DASH}\d{{6}}"), number]},
        {"label": "procedure_code", "pattern": [_regex(PROCEDURE_CODE)]},
        {"label": "procedure_code", "pattern": [_regex(r"\d[.,]+\d{6}")]},
        {"label": "procedure_code", "pattern": [_regex(r"[1-9]"), _regex(r"[.,]"), _regex(r"\d{6}")]},
        {"label": "procedure_code", "pattern": [_regex(r"[1-9][.,]"), _regex(r"\d{6}")]},
    ]


def _phones() -> list[Pattern]:
    mobile = r"(?:\+?84|0)[35789](?:[.-]?\d){8}"
    splits = ((4, 3, 3), (3, 3, 4), (4, 2, 2, 2), (2, 4, 4), (3, 4, 3), (4, 6), (3, 7))
    spaced = [
        [_regex(rf"0[35789]\d{{{first - 2}}}"), *(_regex(rf"\d{{{size}}}") for size in rest)] for first, *rest in splits
    ]
    return [
        {"label": "phone", "pattern": [_regex(mobile)]},
        {"label": "phone", "pattern": [_regex(r"02(?:[.-]?\d){9}")]},
        *({"label": "phone", "pattern": pattern} for pattern in spaced),
        {"label": "phone", "pattern": [_regex(r"\+?84"), _regex(r"[35789]\d{8}")]},
        {"label": "phone", "pattern": [_regex(r"\+?84"), _regex(r"[35789]\d\d"), _regex(r"\d{3}"), _regex(r"\d{3}")]},
        {"label": "phone", "pattern": [_regex(r"\+?84"), _regex(r"[35789]\d"), _regex(r"\d{3}"), _regex(r"\d{4}")]},
        {"label": "phone", "pattern": [_regex(r"02\d\d"), _regex(r"\d{4}"), _regex(r"\d{3}")]},
        {"label": "phone", "pattern": [_regex(r"02\d\d"), _regex(r"\d{3}"), _regex(r"\d{4}")]},
        {"label": "phone", "pattern": [_regex(r"02\d\d"), _regex(r"\d{7}")]},
        {"label": "phone", "pattern": [_regex(r"1[89]00(?:[.-]?\d){4,6}")]},
        {"label": "phone", "pattern": [_regex(r"1[89]00"), _regex(r"\d{4}|\d{6}")]},
    ]


def _dates() -> list[Pattern]:
    day, month, year = _regex(r"[0-3]?\d"), _regex(r"[01]?\d"), _regex(r"(?:19|20)\d\d")
    heads = [_lower("ngày")], [_lower("mùng", "mồng", "ngày"), _lower("mùng", "mồng")], [_lower("mùng", "mồng")]
    months = [_lower("tháng"), month], [_regex(r"th(?:á|a)ng[01]?\d")]
    spoken = [[*head, day, *said] for head in heads for said in months]
    return [
        {"label": "date", "pattern": [_regex(r"[0-3]?\d[/.-][01]?\d[/.-](?:\d{4}|\d{2})")]},
        {"label": "date", "pattern": [_regex(r"[0-3]?\d[/-][01]?\d")]},
        {"label": "date", "pattern": [_regex(r"\d{4}-[01]\d-[0-3]\d")]},
        {"label": "date", "pattern": [_lower("ngày"), day, month, year]},
        *({"label": "date", "pattern": pattern} for pattern in spoken),
        *({"label": "date", "pattern": [*pattern, _lower("năm"), year]} for pattern in spoken),
        *({"label": "date", "pattern": [*pattern, year]} for pattern in spoken),
        *({"label": "date", "pattern": form} for form in _both(*_RELATIVE)),
    ]


def _amounts() -> list[Pattern]:
    number = _regex(_NUMBER)
    glued = "|".join(_both(*_UNITS))
    million = _lower("triệu", "tr", "củ")
    return [
        {"label": "amount", "pattern": [number, _lower(*_UNITS)]},
        {"label": "amount", "pattern": [number, _lower("nghìn", "ngàn", "triệu", "tr"), _lower("đồng", "vnđ", "đ")]},
        {"label": "amount", "pattern": [number, million, _regex(r"[1-9]|\d{3}")]},
        {"label": "amount", "pattern": [number, million, _lower("rưỡi")]},
        {"label": "amount", "pattern": [_regex(rf"{_NUMBER}(?:{glued})\d?")]},
    ]


def _ordinals() -> list[Pattern]:
    patterns: list[Pattern] = []

    def add(pattern: Any, number: str) -> None:
        patterns.append({"label": "nth", "pattern": pattern, "id": number})

    heads = [[_lower(part) for part in head.split()] for head in _HEADS]
    for number, words in _ORDINALS.items():
        for parts in heads:
            add([*parts, _lower("thứ"), _lower(*words)], number)
            add([*parts, _lower(number, words[1])], number)
            add([*parts, _regex(rf"th(?:ứ|u|ư|uws){number}")], number)
        add([_regex(rf"(?:cái|cai|số|so|mục|muc|thứ|thu){number}")], number)
    for places, number in ((_FIRST, "1"), (_LAST, "last")):
        for form in places:
            for parts in heads:
                add([*parts, *(_lower(part) for part in form.split())], number)
            if " " in form:
                for spelt in _both(form):
                    add(spelt, number)
    for form, number in (("thứ nhất", "1"), ("thứ nhì", "2")):
        for spelt in _both(form):
            add(spelt, number)
    return patterns
