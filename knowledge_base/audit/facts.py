"""The checkable facts in a text: amounts with units, dates, legal numbers, articles, forms.

One reading serves both sides, guide and official record, so that "8.000 đồng" and "tám nghìn đồng" become the same
`Fact`. Each pattern takes its span out of the text, so a date's day isn't read again as a number of days.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from knowledge_base.audit.legal import legal_facts
from knowledge_base.audit.numerals import NUMERAL, WORDS, parse_number, write_number

__all__ = ["NUMERIC_KINDS", "Fact", "amount_fact", "facts_in", "implied"]

_SHOWN = {
    "vnd": "{} đồng", "usd": "{} USD", "working_day": "{} ngày làm việc", "day": "{} ngày", "month": "{} tháng",
    "year": "{} năm", "week": "{} tuần", "hour": "{} giờ", "working_hour": "{} giờ làm việc", "minute": "{} phút",
    "age": "{} tuổi", "age_month": "{} tháng tuổi", "percent": "{}%", "count": "{}",
    "calendar_year": "năm {}", "calendar_month": "tháng {}", "weekday": "thứ {}",
    "article": "Điều {}", "clause": "khoản {}", "point": "điểm {}", "annex": "Phụ lục {}", "form": "mẫu {}",
}
_TIMES = (
    ("working_day", r"ngày\s*(?:\(?s\)?\s*)?làm\s*việc"),
    ("working_hour", r"giờ\s*làm\s*việc"),
    ("age_month", r"tháng\s*tuổi"),
    ("day", r"ngày"), ("month", r"tháng"), ("year", r"năm"), ("week", r"tuần"), ("hour", r"giờ|h"),
    ("minute", r"phút"), ("age", r"tuổi"),
)
_MEASURES = (
    "m2", "m3", "cm3", "km", "cm", "mm", "m", "ha", "kg", "tấn", "lít", "kw", "cv", "người", "lần", "bản", "bộ", "ảnh",
    "tờ", "trang", "tầng", "chỗ", "bánh", "lao động", "thành viên", "con",
)
_SPELT = {
    "m": "m|mét", "m2": "m2|mét vuông", "m3": "m3|mét khối", "km": "km|ki-?lô-?mét", "cm3": "cm3|phân khối",
    "kg": "kg|ki-?lô-?gam", "kw": "kw|ki-?lô-?oát", "cv": "cv|mã lực", "ha": "ha|héc-?ta|hecta",
}
_COUNTED_IN_WORDS = ("bản", "bộ", "ảnh")
NUMERIC_KINDS = frozenset({
    "vnd", "usd", "percent", "count", *(kind for kind, _ in _TIMES), *(f"count_{unit}" for unit in _MEASURES),
})


@dataclass(frozen=True, order=True)
class Fact:
    """`kind` and a canonical `value`: a number as `repr` of int or float, otherwise a normalised label."""

    kind: str
    value: str

    @property
    def number(self) -> float | None:
        return float(self.value) if self.kind in NUMERIC_KINDS else None

    @property
    def shown(self) -> str:
        """As a person writes it, e.g. `7 ngày làm việc`."""
        value = write_number(float(self.value)) if self.kind in NUMERIC_KINDS else self.value
        if self.kind.startswith("count_"):
            return f"{value} {self.kind[6:]}"
        return _SHOWN.get(self.kind, "{}").format(value)


def amount_fact(kind: str, number: float) -> Fact:
    """A fact that is a number."""
    return Fact(kind, str(int(number)) if number == int(number) else str(number))


def facts_in(text: str) -> Iterator[tuple[Fact, str]]:
    """Every fact in `text` with the words that state it, in no particular order."""
    rest = _clean(text)
    for read in (legal_facts, _dates, _amounts):
        found, rest = read(rest)
        for kind, value, words in found:
            yield Fact(kind, value), words.strip()


def implied(fact: Fact) -> Iterator[Fact]:
    """What a record that states `fact` states too: a full date its month and year, a law its year and short form."""
    if fact.kind == "date" and len(fact.value) == 10:
        yield from (Fact("date", fact.value[:7]), Fact("date", fact.value[4:].replace("-", "--", 1)))
        yield Fact("calendar_year", fact.value[:4])
        yield Fact("calendar_month", str(int(fact.value[5:7])))
    elif fact.kind == "date" and fact.value[:2] != "--":
        yield Fact("calendar_year", fact.value[:4])
        yield Fact("calendar_month", str(int(fact.value[5:7])))
    elif fact.kind == "date":
        yield Fact("calendar_month", str(int(fact.value[2:4])))
    elif fact.kind == "law" and (parts := re.match(r"([\d.]+/((?:19|20)\d\d))(?:/|$)", fact.value)):
        yield from (Fact("law", parts[1]), Fact("calendar_year", parts[2]))
    elif fact.kind == "form" and (number := re.match(r"(\d+[A-ZĐ]?)[-/.]", fact.value)):
        yield Fact("form", number[1])


def _clean(text: str) -> str:
    text = re.sub(r"<br\s*/?>", "\n", unicodedata.normalize("NFC", text))
    text = text.replace("²", "2").replace("³", "3").replace("–", "-").replace("×", "x")
    text = re.sub(r"https?://\S+|www\.\S+|\b\d\.\d{6}\b(?:\.\d{3}\S*)?", " ", text)
    text = re.sub(r"(?im)^[ \t]*[-+*•]?[ \t]*(?:\d{1,2}(?:\.\d{1,2})*[.)](?!\d)|\(\d{1,2}\))|\bbước\s*\d+", " ", text)
    return re.sub(r"[^\S\n]+", " ", text)


Found = list[tuple[str, str, str]]
_DAY, _MONTH, _YEAR = r"(0?[1-9]|[12]\d|3[01])", r"(0?[1-9]|1[0-2])", r"((?:19|20)\d\d)"


def _dates(text: str) -> tuple[Found, str]:
    """Full dates, days of a month, months and years; what they were read from is blanked."""
    readings: tuple[tuple[str, Callable[[re.Match[str]], tuple[str, str]]], ...] = (
        (rf"(?<![\d/]){_DAY}\s*[/.-]\s*{_MONTH}\s*[/.-]\s*{_YEAR}(?!\d)", lambda m: _date(m[3], m[2], m[1])),
        (rf"(?:ngày\s*)?\b{_DAY}\s*tháng\s*{_MONTH}\s*(?:,\s*)?năm\s*{_YEAR}", lambda m: _date(m[3], m[2], m[1])),
        (rf"\bngày\s*{_DAY}\s*(?:tháng\s*|/\s*){_MONTH}\b(?!/\d)", lambda m: _date("", m[2], m[1])),
        (rf"(?<![\d/]){_DAY}/{_MONTH}(?![\d/])(?!\s*(?:m|ha|người)\b)", lambda m: _date("", m[2], m[1])),
        (rf"\btháng\s*{_MONTH}\s*(?:/|năm)\s*{_YEAR}\b", lambda m: ("date", f"{m[2]}-{int(m[1]):02}")),
        (rf"(?<![\d/]){_MONTH}/{_YEAR}(?![\d/])", lambda m: ("date", f"{m[2]}-{int(m[1]):02}")),
        (rf"\btháng\s*{_MONTH}\b(?![\d/])(?!\s*(?:ngày|tháng))", lambda m: ("calendar_month", str(int(m[1])))),
        (r"\bthứ\s*(hai|ba|tư|năm|sáu|bảy|bẩy|[2-7])\b", lambda m: ("weekday", _weekday(m[1]))),
        (rf"(?<![\d.,/]){_YEAR}(?![\d/]|[.,]\d)(?!\s*(?:đồng|đ\b|m2))", lambda m: ("calendar_year", m[1])),
    )
    found: Found = []
    for pattern, read in readings:
        text = _take(pattern, text, _one(read), found)
    return found, text


def _one(read: Callable[[re.Match[str]], tuple[str, str]]) -> Callable[[re.Match[str]], list[tuple[str, str]]]:
    return lambda match: [read(match)]


def _date(year: str, month: str, day: str) -> tuple[str, str]:
    return "date", f"{year or '-'}-{int(month):02}-{int(day):02}"


def _weekday(word: str) -> str:
    return str(int(parse_number(word) or 0))


def _take(
    pattern: str, text: str, read: Callable[[re.Match[str]], list[tuple[str, str]]], found: Found
) -> str:
    """Adds what `read` makes of each match to `found` and blanks the match; an empty reading leaves it."""

    def replace(match: re.Match[str]) -> str:
        values = read(match)
        found.extend((kind, value, match[0]) for kind, value in values)
        return " ; " if values else match[0]

    return re.sub(pattern, replace, text, flags=re.IGNORECASE)


_SCALE = r"(?:\s*(?:nghìn|ngàn|triệu|tỷ|tỉ)\b)"
_JOIN = r"\s*(?:-|đến|tới|hoặc|và|,)\s*(?:dưới\s*|đủ\s*|từ\s*|không quá\s*|trên\s*){0,2}"
_IN_WORDS = r"(?:\s*\([^)\d]{1,30}\))?"
_N = rf"(?<![\w.,/-]){NUMERAL}"


def _amounts(text: str) -> tuple[Found, str]:
    found: Found = []
    either = rf"(?:{_N}|\b{WORDS}){_SCALE}?"
    several = rf"((?:{either}{_IN_WORDS}{_JOIN}){{0,4}}{either})"
    text = _take(rf"({either}){_IN_WORDS}\s*giờ chiều\b", text, _afternoon, found)
    text = _take(
        r"\b(\d{1,2})\s*(?:giờ|h)\s*(\d{2})(?:\s*phút)?\b(?!\s*(?:ngày|tháng))", text, _clock, found
    )
    dong = rf"{_IN_WORDS}\s*(?:(?:việt nam\s*)?đồng(?!\s(?:thời|ý|sở|bảo|thừa|chủ|bộ))|vnđ|vnd|đ)(?![\wà-ỹ])"
    text = _take(several + dong, text, _each("vnd"), found)
    text = _take(several + rf"{_IN_WORDS}\s*(?:usd|đô la mỹ|đô la|đô)\b", text, _each("usd"), found)
    text = _take(several + r"\s*(?:%|phần trăm\b)", text, _each("percent"), found)
    for kind, unit in _TIMES:
        text = _take(several + rf"{_IN_WORDS}\s*(?:{unit})(?![\wà-ỹ])", text, _each(kind), found)
    text = _take(rf"{_N}\s*(?:cm|mm)?\s*x\s*{NUMERAL}\s*(?:cm|mm)?\b", text, _size, found)
    for unit in _MEASURES:
        numbers = several if unit in _COUNTED_IN_WORDS else rf"({_N})"
        counted = _each(f"count_{unit}", least=2 if unit in _COUNTED_IN_WORDS else 0)
        text = _take(numbers + rf"{_IN_WORDS}\s*\(?(?:{_SPELT.get(unit, unit)})(?![\wà-ỹ])", text, counted, found)
    text = _take(rf"({_N}{_SCALE})", text, _each("vnd"), found)
    text = _take(rf"({_N})(?![\w/-])", text, _each("count"), found)
    return found, text


def _each(kind: str, least: float = 0) -> Callable[[re.Match[str]], list[tuple[str, str]]]:
    """Reads a list of numbers that share a unit. Numbers in words below `least` are articles ("một bản")."""

    def read(match: re.Match[str]) -> list[tuple[str, str]]:
        # "năm tháng" and "trong năm" are years far more often than the number five.
        if match[1].lower() == "năm" and kind not in {"day", "working_day", "age", "week"}:
            return []
        facts = []
        for part in re.finditer(rf"(?:{NUMERAL}|\b{WORDS}){_SCALE}?", match[1], re.IGNORECASE):
            number = parse_number(part[0])
            if number is not None and (part[0][0].isdigit() or number >= least):
                facts.append((kind, amount_fact(kind, number).value))
        return facts

    return read


def _afternoon(match: re.Match[str]) -> list[tuple[str, str]]:
    number = parse_number(match[1])
    return [("hour", amount_fact("hour", number + 12).value)] if number else []


def _clock(match: re.Match[str]) -> list[tuple[str, str]]:
    hour, minute = int(match[1]), int(match[2])
    return [("clock", f"{hour}:{minute:02}")] if minute else [("hour", str(hour))]


def _size(match: re.Match[str]) -> list[tuple[str, str]]:
    return [("size", "x".join(f"{float(number.replace(',', '.')):g}" for number in re.findall(NUMERAL, match[0])))]
