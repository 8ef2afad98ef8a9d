"""Numbers as Vietnamese texts write them: `8.000`, `1,5`, `03`, `mười lăm`, `hai trăm linh năm`, `tám nghìn`."""

from __future__ import annotations

import re

__all__ = ["NUMERAL", "WORDS", "parse_number", "parse_numeral", "parse_words", "write_number"]

# Groups of exactly three digits are thousands in either style; anything else after a mark is a decimal.
# Repetition is bounded throughout: no text may take more than linear time.
NUMERAL = r"(?:\d{1,3}(?:\.\d{3}){1,4}(?:,\d{1,4})?|\d{1,3}(?:,\d{3}){1,4}|\d{1,15}(?:[.,]\d{1,4})?)"

_DIGITS = {
    "không": 0, "một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "lăm": 5, "nhăm": 5, "sáu": 6,
    "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9,
}
_SCALES = {"nghìn": 1_000, "ngàn": 1_000, "triệu": 1_000_000, "tỷ": 1_000_000_000, "tỉ": 1_000_000_000}
_WORD = "|".join((*_DIGITS, "mười", "mươi", "trăm", "linh", "lẻ"))
WORDS = rf"(?:{_WORD})\b(?:\s{{1,3}}(?:{_WORD})\b){{0,7}}"


def parse_number(text: str) -> float | None:
    """A numeral or words, with `nghìn`, `triệu`, `tỷ` after either; None when it is no number."""
    total, rest = 0.0, text.lower().strip()
    while rest:
        found = re.match(rf"({NUMERAL}|{WORDS})(?:\s*({'|'.join(_SCALES)})\b)?\s*", rest)
        if not found or not found[0].strip():
            return None
        value = parse_numeral(found[1]) if found[1][0].isdigit() else parse_words(found[1])
        if value is None:
            return None
        total += value * _SCALES.get(found[2] or "", 1)
        rest = rest[found.end() :]
    return total if text.strip() else None


def parse_numeral(text: str) -> float | None:
    """`8.000` → 8000, `8,000` → 8000, `1,5` → 1.5, `03` → 3; None when the text is no numeral."""
    if not re.fullmatch(NUMERAL, text):
        return None
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", text):
        return float(text.replace(".", "").replace(",", "."))
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+", text):
        return float(text.replace(",", ""))
    return float(text.replace(",", "."))


def parse_words(text: str) -> float | None:
    """A number of at most three digits in words; None when the words aren't one ("hai ba", "mươi")."""
    total, digit, places = 0, None, [100, 10, 1]
    for word in text.lower().split():
        if word in {"linh", "lẻ"}:
            if digit is not None or places != [10, 1]:
                return None
            places = [1]
        elif word == "mười":
            if digit is not None or 10 not in places:
                return None
            total, places = total + 10, [1]
        elif word in {"trăm", "mươi"}:
            place = 100 if word == "trăm" else 10
            if digit is None or place not in places:
                return None
            total, digit, places = total + digit * place, None, [other for other in (10, 1) if other < place]
        elif digit is not None or 1 not in places:
            return None
        else:
            digit = _DIGITS[word]
    if digit is not None:
        total += digit
    return float(total)


def write_number(value: float) -> str:
    """As guides write it: `8.000`, `1,5`, `15`."""
    if value != int(value):
        return f"{value:g}".replace(".", ",")
    return f"{int(value):,}".replace(",", ".")
