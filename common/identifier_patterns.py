"""The patterns behind `common.identifiers`, over folded text (no diacritics, one character for one)."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache

__all__ = [
    "ACCOUNT_WORDS",
    "BARE_PLATE",
    "CONTEXT_CHARS",
    "DOSSIER",
    "EMAIL",
    "HEALTH_CARD",
    "IDENTITY_WORDS",
    "INSURANCE_WORDS",
    "PASSPORT",
    "PASSPORT_WORDS",
    "PIN",
    "PLATE",
    "PLATE_WORDS",
    "RUN",
    "folded",
    "protected_spans",
]

_GAP = r"[^\d•\n]{0,25}"
CONTEXT_CHARS = 60


def _words(alternatives: str) -> re.Pattern[str]:
    """`alternatives` (folded) shortly before the end of the text."""
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w){_GAP}$", re.IGNORECASE)


# Digits with at most two separator characters between them; "•" never belongs to a number.
RUN = re.compile(r"(?<![\d•])\d(?:[ .\-()\u00a0\u200b–]{0,2}\d)*(?![\d•])")
# Circular 01/2018/TT-VPCP Art. 19 and the newer short agency codes (VIETNAM.md 11.2).
DOSSIER = re.compile(
    r"(?<![\w.•])(?:\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2,3}|[A-Z]\d{2,3}(?:\.\d{1,3}){0,3})"
    r"\s?[-–—]\s?\d{6}\s?[-–—]\s?\d{4,6}(?![\w•])",
    re.IGNORECASE,
)
PROCEDURE = re.compile(
    r"(?<![\w.])\d\.\d{6}(?:\.\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2,3}(?:\.\d{2})?)?(?![\w]|\.\d)", re.IGNORECASE
)
EMAIL = re.compile(r"(?<![\w.+•-])[A-Za-z0-9_][\w.+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
# Health insurance card of before 2021: two letters and 13 digits.
HEALTH_CARD = re.compile(r"(?<!\w)[A-Z]{2}[ -]?\d(?:[ -]?\d){12}(?![\w•])", re.IGNORECASE)
PASSPORT = re.compile(r"(?<![\w•])[A-Z]\d{7,8}(?![\w•])", re.IGNORECASE)
PLATE = re.compile(r"(?<![\w.•])[1-9]\d[ -]?[A-Z]{1,2}\d?[ -]{0,2}\d{3}(?:\.?\d{2}|\d)(?![\w•])", re.IGNORECASE)
# Without a word like "biển số" only the exact upper-case way of writing counts.
BARE_PLATE = re.compile(r"[1-9]\d-?[A-Z]{1,2}\d?[ -]\d{3}\.?\d{2}|[1-9]\d[A-Z]{1,2}\d?-?\d{3}\.\d{2}")
PIN = re.compile(
    r"(?<!\w)(?:ma pin|pin|mat khau|otp|ma xac (?:thuc|nhan|minh)|(?:4|bon) (?:chu )?so cuoi|so cuoi)(?!\w)"
    rf"{_GAP}(?<![\d•])(\d{{4,6}})(?![\d•]|[.,]\d)",
    re.IGNORECASE,
)

IDENTITY_WORDS = _words(
    r"cccd|cmnd|cmt|cmtnd|can cuoc(?: cong dan)?|chung minh(?: thu| nhan dan)?|(?:so )?dinh danh(?: ca nhan)?"
    r"|sdd|mdd|id card"
)
INSURANCE_WORDS = _words(r"bhxh|bhyt|bao hiem(?: xa hoi| y te)?|ma so bao hiem")
ACCOUNT_WORDS = _words(
    r"stk|so tk|tk|tai khoan|so the|account|vietcombank|vietinbank|agribank|bidv|techcombank|mb ?bank"
)
PLATE_WORDS = _words(r"bien so(?: xe)?|bien kiem soat|bks|bien xe|bien|xe so")
PASSPORT_WORDS = _words(r"ho chieu|passport")

_MONEY = re.compile(
    r"(?<![\w.,•])\d+(?:[.,]\d{3})*(?:[.,]\d+)?\s?(?:d|dong|vnd|nghin|ngan|trieu|ty|k|usd)(?!\w)", re.IGNORECASE
)
_DATE = re.compile(r"(?<!\d)(\d{1,2})([-/.])(\d{1,2})\2((?:19|20)\d{2}|\d{2})(?![.\-]?\d)")
_ISO_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})-(\d{2})-(\d{2})(?!-?\d)")


def folded(text: str) -> tuple[str, list[int]]:
    """`text` without diacritics and the original position of each remaining character."""
    characters: list[str] = []
    offsets: list[int] = []
    for position, character in enumerate(text):
        base = _base(character)
        if base:
            characters.append(base)
            offsets.append(position)
    return "".join(characters), offsets


def protected_spans(plain: str) -> list[tuple[int, int]]:
    """Spans of folded text that are numbers but nobody's: procedure codes, dates, money."""
    spans = [match.span() for pattern in (PROCEDURE, _MONEY) for match in pattern.finditer(plain)]
    # An amount never starts with 0: "0912345678 d" stays a phone number.
    spans = [(start, end) for start, end in spans if plain[start] != "0" or PROCEDURE.fullmatch(plain[start:end])]
    for match in _DATE.finditer(plain):
        if _is_date(match[4], match[3], match[1]):
            spans.append(match.span())
    spans += [match.span() for match in _ISO_DATE.finditer(plain) if _is_date(*match.groups())]
    return spans


@lru_cache(maxsize=4096)
def _base(character: str) -> str:
    if character in "đĐ":
        return "d" if character == "đ" else "D"
    if unicodedata.combining(character):
        return ""
    return unicodedata.normalize("NFD", character)[0]


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        date(int(year) if len(year) == 4 else 2000 + int(year), int(month), int(day))
    except ValueError:
        return False
    return True
