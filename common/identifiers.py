"""Personal numbers in Vietnamese text: recognised by format and context, masked, parsed.

Formats: VIETNAM.md 11 (Circular 01/2018/TT-VPCP Art. 19 for dossier codes; 12-digit personal id with century
digit). What merely looks like a number is left alone: dates, amounts of money, procedure codes.
A run of digits is judged group by group ("022 190 001 234"), so that separators hide nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from common.identifier_parsing import DossierCode, PersonalId, parse_dossier_code, parse_personal_id, parse_phone
from common.identifier_patterns import (
    ACCOUNT_WORDS,
    BARE_PLATE,
    CONTEXT_CHARS,
    DOSSIER,
    EMAIL,
    HEALTH_CARD,
    IDENTITY_WORDS,
    INSURANCE_WORDS,
    PASSPORT,
    PASSPORT_WORDS,
    PIN,
    PLATE,
    PLATE_WORDS,
    RUN,
    folded,
    protected_spans,
)

__all__ = [
    "BULLET",
    "DossierCode",
    "Kind",
    "Match",
    "PersonalId",
    "find",
    "mask",
    "parse_dossier_code",
    "parse_personal_id",
    "parse_phone",
]

BULLET = "•"

Kind = Literal[
    "personal_id", "old_id", "phone", "insurance", "bank_account", "plate", "email", "passport", "dossier_code", "pin"
]


@dataclass(frozen=True, slots=True)
class Match:
    """One identifier: `text[start:end]` as written; `value` without separators, in ASCII digits."""

    kind: Kind
    start: int
    end: int
    value: str


def find(text: str) -> list[Match]:
    """The identifiers in `text`, in reading order, never overlapping: the longest wins."""
    plain, offsets = folded(text)
    barred = protected_spans(plain)
    chosen: list[Match] = []
    for match in sorted(_candidates(plain, barred), key=lambda m: (m.start - m.end, m.start)):
        if all(match.end <= other.start or other.end <= match.start for other in chosen):
            chosen.append(match)
    chosen.sort(key=lambda m: m.start)
    return [Match(m.kind, offsets[m.start], offsets[m.end - 1] + 1, m.value) for m in chosen]


def mask(text: str, *, keep: Collection[str] = ()) -> str:
    """`text` with each identifier hidden, its length unchanged: `022•••••••••`, `H49-••••••-0001`.

    `keep` names kinds (or exact values) to leave readable: the gateway keeps `dossier_code` for a tracking
    question. Masking what is masked changes nothing.
    """
    while True:
        hidden = [match for match in find(text) if match.kind not in keep and match.value not in keep]
        if not hidden:
            return text
        for match in reversed(hidden):
            text = text[: match.start] + _mask_one(match.kind, text[match.start : match.end]) + text[match.end :]


# Characters left readable at both ends. The last four digits of a personal id are the PIN of its owner's dossiers, so
# none of them is shown (VIETNAM.md 11.4 shows them: a deliberate difference).
_SHOWN: dict[str, tuple[int, int]] = {
    "personal_id": (3, 0),
    "old_id": (0, 3),
    "phone": (3, 3),
    "insurance": (0, 4),
    "bank_account": (0, 4),
    "plate": (2, 2),
    "passport": (1, 2),
    "pin": (0, 0),
}


def _mask_one(kind: Kind, written: str) -> str:
    if kind == "email":
        local, _, domain = written.partition("@")
        return (local[0] + BULLET * (len(local) - 1) if len(local) > 1 else BULLET) + "@" + domain
    if kind == "dossier_code":
        dash = re.search(r"[-–—]", written)
        head = dash.start() if dash else 3
        return written[:head] + _bullets(written[head:], 0, 4)
    head, tail = _SHOWN[kind]
    count = sum(char.isalnum() for char in written)
    if kind == "bank_account" and 11 <= count <= 14:
        tail = 0  # as long as a personal id, perhaps with a slip: it may end in the PIN
    # A short number must not stay readable: at least half of it is hidden.
    while head + tail > count // 2 + 1:
        head, tail = max(0, head - 1), max(0, tail - 1)
    return _bullets(written, head, tail)


def _bullets(written: str, head: int, tail: int) -> str:
    places = [index for index, char in enumerate(written) if char.isalnum()]
    hidden = set(places[head : len(places) - tail])
    return "".join(BULLET if index in hidden else char for index, char in enumerate(written))


def _candidates(plain: str, barred: list[tuple[int, int]]) -> Iterator[Match]:
    """Every reading of every part of `plain` (folded text); positions are those of `plain`."""
    for match in DOSSIER.finditer(plain):
        yield Match("dossier_code", *match.span(), _compact(match.group()).upper())
    for match in EMAIL.finditer(plain):
        yield Match("email", *match.span(), match.group())
    for match in PIN.finditer(plain):
        yield Match("pin", *match.span(1), _ascii_digits(match.group(1)))
    yield from _letter_numbers(plain)
    for run in RUN.finditer(plain):
        groups = [(run.start() + g.start(), run.start() + g.end()) for g in re.finditer(r"\d+", run.group())]
        for first in range(len(groups)):
            for last in range(first, min(len(groups), first + 14)):
                start, end = groups[first][0], groups[last][1]
                if any(start < stop and begin < end for begin, stop in barred):
                    continue
                kind = _digits_kind(plain, groups[first : last + 1])
                if kind:
                    yield Match(kind, start, end, _ascii_digits(plain[start:end]))


def _letter_numbers(plain: str) -> Iterator[Match]:
    for match in HEALTH_CARD.finditer(plain):
        yield Match("insurance", *match.span(), _compact(match.group()).upper())
    for match in PASSPORT.finditer(plain):
        if _context(plain, match.start(), PASSPORT_WORDS):
            yield Match("passport", *match.span(), _compact(match.group()).upper())
    for match in PLATE.finditer(plain):
        if BARE_PLATE.fullmatch(match.group()) or _context(plain, match.start(), PLATE_WORDS):
            yield Match("plate", *match.span(), _compact(match.group()).upper())


def _digits_kind(plain: str, groups: list[tuple[int, int]]) -> Kind | None:
    """What the digit groups (spans in `plain`) are, taken as one number; None when nothing personal."""
    start, end = groups[0][0], groups[-1][1]
    digits = _ascii_digits(plain[start:end])
    sizes = [stop - begin for begin, stop in groups]
    whole = len(groups) == 1
    if not 6 <= len(digits) <= 19:
        return None
    plus = start > 0 and plain[start - 1] == "+"
    # Eleven digits after "căn cước" are a personal id with a digit left out rather than a landline.
    identity = _context(plain, start, IDENTITY_WORDS)
    if _is_phone(digits, sizes, plus) and not (identity and len(digits) == 11):
        return "phone"
    if _context(plain, start, ACCOUNT_WORDS):
        return "bank_account"
    if len(digits) == 10 and _context(plain, start, INSURANCE_WORDS):
        return "insurance"
    if 8 <= len(digits) <= 14 and identity:
        return "old_id" if len(digits) == 9 else "personal_id"
    if len(digits) == 12 and (whole or _grouped_id(plain[start:end], sizes)):
        return "personal_id"
    if whole and len(digits) == 9:
        return "old_id"
    return "bank_account" if whole and len(digits) >= 13 else None


def _is_phone(digits: str, sizes: list[int], plus: bool) -> bool:
    grouped = min(sizes) >= 2 or set(sizes) == {1}
    if re.fullmatch(r"0[35789]\d{8}|02\d{9}", digits):
        return grouped
    if re.fullmatch(r"(?:00)?84[35789]\d{8}", digits):
        return True
    return bool(re.fullmatch(r"(?:00)?840?2\d{9}|840[35789]\d{8}", digits)) and plus


def _grouped_id(written: str, sizes: list[int]) -> bool:
    # "100.000.000.000" is an amount; identity numbers of Vietnamese provinces start with 0.
    return (min(sizes) >= 3 or set(sizes) == {1}) and ("." not in written or written.startswith("0"))


def _context(plain: str, start: int, words: re.Pattern[str]) -> bool:
    return bool(words.search(plain[max(0, start - CONTEXT_CHARS) : start]))


def _ascii_digits(written: str) -> str:
    return "".join(str(unicodedata.digit(char)) for char in written if char.isdigit())


def _compact(written: str) -> str:
    return re.sub(r"[\s]", "", written).replace("–", "-").replace("—", "-")
