"""Token patterns of codes, numbers, dates, amounts and ordinals."""

from __future__ import annotations

from typing import Any

from indexer.text import strip_diacritics
from indexer.text.tokens import DOSSIER_CODE, PROCEDURE_CODE

__all__ = ["TOKEN_MATCH", "identifier_patterns"]

Pattern = dict[str, Any]
_PHONE = r"(?:\+?84|0)[.-]?[2-9]\d{1,3}(?:[.-]?\d{2,4}){2,3}"
_DATE = r"(?:[0-3]?\d[/.-][01]?\d(?:[/.-](?:\d{4}|\d{2}))?|\d{4}-[01]\d-[0-3]\d)"
_NUMBER = r"\d+(?:[.,]\d+)*"
TOKEN_MATCH = (
    rf"(?i)^(?:{DOSSIER_CODE}|{PROCEDURE_CODE}|{_PHONE}|{_DATE}|{_NUMBER}[^\W\d_]*|"
    r"\d+/(?:\d{4}/)?[A-ZĐ][A-ZĐ0-9-]*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+)$"
)
"""Chunks that the tokenizer keeps whole."""

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
)


def _both(*forms: str) -> list[str]:
    """`forms` and the same without diacritics."""
    return sorted({*forms, *map(strip_diacritics, forms)})


def _regex(expression: str) -> dict[str, Any]:
    return {"TEXT": {"REGEX": rf"(?i)^(?:{expression})$"}}


def _lower(*forms: str) -> dict[str, Any]:
    return {"LOWER": {"IN": _both(*forms)}}


def identifier_patterns() -> list[Pattern]:
    """All patterns; the id of an ordinal is its number, or "last".

    Personal numbers: 12 digits, or the 9 of the former identity card; telephone: ten digits from 0 (or +84).
    """
    return [
        {"label": "dossier_code", "pattern": [_regex(DOSSIER_CODE)]},
        {"label": "procedure_code", "pattern": [_regex(PROCEDURE_CODE)]},
        {"label": "personal_id", "pattern": [_regex(r"\d{12}")]},
        {"label": "personal_id", "pattern": [_regex(r"\d{9}")]},
        {"label": "personal_id", "pattern": [_regex(r"\d{4}")] * 3},
        {"label": "personal_id", "pattern": [_regex(r"\d{3}")] * 4},
        *_phones(),
        *_dates(),
        *_amounts(),
        *_ordinals(),
    ]


def _phones() -> list[Pattern]:
    mobile = r"(?:\+?84|0)[35789](?:[.-]?\d){8}"
    return [
        {"label": "phone", "pattern": [_regex(mobile)]},
        {"label": "phone", "pattern": [_regex(r"02(?:[.-]?\d){9}")]},
        {"label": "phone", "pattern": [_regex(r"0[35789]\d{2}"), _regex(r"\d{3}"), _regex(r"\d{3}")]},
        {"label": "phone", "pattern": [_regex(r"0[35789]\d"), _regex(r"\d{3}"), _regex(r"\d{4}")]},
        {"label": "phone", "pattern": [_regex(r"1[89]00(?:[.-]?\d){4,6}")]},
    ]


def _dates() -> list[Pattern]:
    day, month, year = _regex(r"[0-3]?\d"), _regex(r"[01]?\d"), _regex(r"(?:19|20)\d\d")
    spoken = [_lower("ngày"), day, _lower("tháng"), month]
    return [
        {"label": "date", "pattern": [_regex(r"[0-3]?\d[/.-][01]?\d[/.-](?:\d{4}|\d{2})")]},
        {"label": "date", "pattern": [_regex(r"[0-3]?\d[/-][01]?\d")]},
        {"label": "date", "pattern": [_regex(r"\d{4}-[01]\d-[0-3]\d")]},
        {"label": "date", "pattern": spoken},
        {"label": "date", "pattern": [*spoken, _lower("năm"), year]},
        *({"label": "date", "pattern": form} for form in _both(*_RELATIVE)),
    ]


def _amounts() -> list[Pattern]:
    number = _regex(_NUMBER)
    glued = "|".join(_both(*_UNITS))
    return [
        {"label": "amount", "pattern": [number, _lower(*_UNITS)]},
        {"label": "amount", "pattern": [number, _lower("nghìn", "ngàn", "triệu", "tr"), _lower("đồng", "vnđ", "đ")]},
        {"label": "amount", "pattern": [_regex(rf"{_NUMBER}(?:{glued})\d?")]},
    ]


def _ordinals() -> list[Pattern]:
    patterns: list[Pattern] = []
    for number, words in _ORDINALS.items():
        for head in _HEADS:
            parts = [_lower(part) for part in head.split()]
            patterns.append({"label": "nth", "pattern": [*parts, _lower("thứ"), _lower(*words)], "id": number})
            patterns.append({"label": "nth", "pattern": [*parts, _lower(number, words[1])], "id": number})
    for head in _HEADS:
        parts = [_lower(part) for part in head.split()]
        patterns.append({"label": "nth", "pattern": [*parts, _lower("đầu")], "id": "1"})
        patterns.append({"label": "nth", "pattern": [*parts, _lower("đầu"), _lower("tiên")], "id": "1"})
        patterns.append({"label": "nth", "pattern": [*parts, _lower("cuối")], "id": "last"})
        patterns.append({"label": "nth", "pattern": [*parts, _lower("cuối"), _lower("cùng")], "id": "last"})
    for form, number in (("thứ nhất", "1"), ("thứ nhì", "2"), ("đầu tiên", "1"), ("cuối cùng", "last")):
        patterns.extend({"label": "nth", "pattern": spelt, "id": number} for spelt in _both(form))
    return patterns
