"""Answers checked by type: what was typed → a canonical value and its display, or a sentence that says why not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, Protocol

import yaml
from rapidfuzz import fuzz

from actions.dossiers.eforms.communes import CommuneFinder
from actions.dossiers.eforms.dates import age_on, parse_date
from actions.dossiers.eforms.eform import Choice, EField
from actions.dossiers.eforms.names import NameJudge
from common.errors import InvalidInput
from common.identifier_patterns import EMAIL, folded
from common.identifiers import find, mask, parse_personal_id, parse_phone

__all__ = ["Ambiguous", "Doubtful", "Source", "Texts", "Value", "ValueReader", "masked", "plain"]

_WORDS = Path(__file__).parent / "words.yml"
# "em tên là …", "bé tên …": the introduction is no part of the name.
_INTRODUCED = re.compile(r"^(?:(?:dạ|em|tôi|mình|bé|cháu|con|họ|và)\s+)*(?:tên(?:\s+là)?|là)\s*:?\s+", re.IGNORECASE)


Source = Literal["typed", "card", "verified", "reused"]
"""Where an answer comes from: typed, read from the identity card, vouched for by a login, an earlier dossier."""


class Texts(Protocol):
    """The message catalogue: sentences by key (`actions.messages.Messages`)."""

    def render(self, key: str, **values: object) -> str: ...


@dataclass(frozen=True)
class Value:
    """A checked answer: `value` is stored and compared, `display` is shown. Empty value: left out by choice."""

    value: str
    display: str
    source: Source = "typed"


class Ambiguous(InvalidInput):
    """Several readings; `options` are the choices to offer."""

    def __init__(self, detail: str, options: list[Choice]) -> None:
        super().__init__(detail)
        self.options = options


class Doubtful(InvalidInput):
    """Usable, but perhaps not what was meant: to be confirmed as typed."""


class ValueReader:
    """Reads one field's answer. Raises InvalidInput (or Ambiguous) with a sentence for the citizen."""

    def __init__(self, texts: Texts, communes: CommuneFinder) -> None:
        self._texts = texts
        self.communes = communes
        self._names = NameJudge()
        words = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
        self._yes = {plain(word) for word in words["affirmative"]}
        self._no = {plain(word) for word in words["negative"]}
        self._numbers: dict[str, int] = {plain(word): int(number) for word, number in words["numbers"].items()}
        self._scales: dict[str, int] = {plain(word): int(scale) for word, scale in words["scales"].items()}

    def read(
        self, field: EField, raw: str, today: date, options: Sequence[Choice] = (), *, sure: bool = False,
    ) -> Value:
        """The value of `raw` for `field`; `options` are those offered after an ambiguous answer, `sure` says that a
        doubtful one was confirmed."""
        text = unicodedata.normalize("NFC", raw).strip()
        if not text:
            raise self._problem("empty", field)
        if options:
            chosen = self._choice(options, text)
            text = chosen.value if chosen else text
        match field.type:
            case "name":
                return self._name(field, text, sure)
            case "personal_id":
                return _same(parse_personal_id(_picked(text, "personal_id", "old_id")).value)
            case "phone":
                return _same(parse_phone(_picked(text, "phone")))
            case "email":
                return self._email(field, text)
            case "date":
                return self._date(field, text, today)
            case "commune":
                return self._commune(field, text)
            case "choice":
                return self._chosen(field, text)
            case "boolean":
                return self._boolean(field, text)
            case "number":
                return self._number(field, text)
            case "file":
                raise self._problem("file", field, kinds=", ".join(field.accept))
            case _:
                return self._text(field, text)

    def _problem(self, key: str, field: EField, **values: object) -> InvalidInput:
        sentence = self._texts.render(f"eform.invalid.{key}", label=field.label, **values)
        if field.example:
            sentence += " " + self._texts.render("eform.invalid.example", example=field.example)
        return InvalidInput(sentence, field=field.name)

    def missing(self, field: EField) -> InvalidInput:
        """What to say where a required answer is missing."""
        kinds = {"file": "file_missing", "choice": "unchosen", "boolean": "unchosen"}
        key = kinds.get(field.type, "missing")
        return InvalidInput(self._texts.render(f"eform.invalid.{key}", label=field.label), field=field.name)

    def agrees(self, text: str, value: str) -> bool:
        """Whether `text` is a yes, or the button `value`."""
        return text.strip() == value or plain(text) in self._yes

    def declines(self, text: str, value: str) -> bool:
        """Whether `text` is a no, or the button `value`."""
        return text.strip() == value or plain(text) in self._no

    def _name(self, field: EField, text: str, sure: bool) -> Value:
        cleaned = _INTRODUCED.sub("", " ".join(text.split()))
        if not re.fullmatch(r"[^\W\d_]+(?:[ '’.-]+[^\W\d_]+)*\.?", cleaned):
            raise self._problem("name_letters", field)
        if len(cleaned) > 120:
            raise self._problem("long", field, limit=120)
        if not sure and not self._names.is_surely_a_name(cleaned):
            key = "name_short" if len(cleaned.split()) < 2 else "name_doubtful"
            raise Doubtful(self._texts.render(f"eform.invalid.{key}", label=field.label), field=field.name)
        if cleaned == cleaned.lower() or cleaned == cleaned.upper():
            cleaned = " ".join(word[:1].upper() + word[1:].lower() for word in cleaned.split())
        return _same(cleaned)

    def _email(self, field: EField, text: str) -> Value:
        address = _picked(text, "email")
        if not EMAIL.fullmatch(address) or len(address) > 120:
            raise self._problem("email", field)
        return _same(address.lower())

    def _date(self, field: EField, text: str, today: date) -> Value:
        found = parse_date(text, today)
        if found is None:
            raise self._problem("date", field)
        if field.not_future and found > today:
            raise self._problem("date_future", field)
        if field.min_age is not None and age_on(found, today) < field.min_age:
            raise self._problem("date_age", field, age=field.min_age)
        return Value(found.isoformat(), f"{found:%d/%m/%Y}")

    def _commune(self, field: EField, text: str) -> Value:
        found = self.communes.find(re.sub(r"^c(?=\d{5}$)", "", text))
        if not found:
            raise self._problem("commune", field)
        if len(found) > 1:
            sentence = self._texts.render("eform.invalid.commune_many")
            raise Ambiguous(sentence, [Choice(value=f"c{c.code}", label=c.name) for c in found])
        return Value(found[0].code, found[0].name)

    def _chosen(self, field: EField, text: str) -> Value:
        chosen = self._choice(field.choices, text)
        if chosen is None:
            listed = "; ".join(f"{number}. {choice.label}" for number, choice in enumerate(field.choices, start=1))
            raise self._problem("choice", field, choices=listed)
        return Value(chosen.value, chosen.label)

    def _choice(self, choices: Sequence[Choice], text: str) -> Choice | None:
        """By value, number, label, other words, then by near text where one choice is clearly nearest."""
        typed = re.sub(r"^(?:cai |so |thu |muc |chon |em chon |lua chon )+|\s+a$", "", plain(text))
        if typed.isdecimal() and 1 <= int(typed) <= len(choices):
            return choices[int(typed) - 1]
        for choice in choices:
            if typed in (plain(choice.value), plain(choice.label), *(plain(word) for word in choice.also)):
                return choice
        if len(typed) < 2:
            return None
        scores = sorted(
            ((max(_nearness(typed, text, word) for word in (choice.label, *choice.also)), number)
             for number, choice in enumerate(choices)), reverse=True)
        clear = len(scores) < 2 or scores[0][0] - scores[1][0] >= 10
        return choices[scores[0][1]] if scores[0][0] >= 82 and clear else None

    def _boolean(self, field: EField, text: str) -> Value:
        typed = plain(text)
        if typed in self._yes:
            return Value("yes", self._texts.render("eform.yes"))
        if typed in self._no:
            return Value("no", self._texts.render("eform.no"))
        raise self._problem("boolean", field)

    def _number(self, field: EField, text: str) -> Value:
        number = self._as_number(plain(text))
        if number is None:
            raise self._problem("number", field)
        if field.min is not None and number < field.min:
            raise self._problem("number_min", field, min=_grouped(field.min))
        if field.max is not None and number > field.max:
            raise self._problem("number_max", field, max=_grouped(field.max))
        year = field.max is not None and field.max <= 2100 and field.min is not None and field.min >= 1900
        return Value(str(number), str(number) if year else _grouped(number))

    def _as_number(self, typed: str) -> int | None:
        if len(typed.split()) > 5:
            return None
        match = re.search(r"(?<![\d.,])(\d{1,3}(?:[.,\s]\d{3})+|\d+)(?:[.,](\d{1,2}))?\s*([a-z]+)?", typed)
        if match is None:
            return next((n for word, n in self._numbers.items() if re.match(rf"{word}(?:\s|$)", typed)), None)
        whole = re.sub(r"\D", "", match[1])
        if len(whole) > 15 or typed[: match.start()].strip().endswith("-"):
            return None
        scale = self._scales.get(match[3] or "", 1)
        if match[2] and scale == 1:
            return None
        return round(float(f"{whole}.{match[2] or 0}") * scale)

    def _text(self, field: EField, text: str) -> Value:
        cleaned = " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())
        low, high = (field.min or (5 if field.type == "address" else 1)), field.max or 300
        if len(cleaned) < low or not any(char.isalnum() for char in cleaned):
            raise self._problem("short", field)
        if len(cleaned) > high:
            raise self._problem("long", field, limit=high)
        return _same(cleaned)


def _nearness(typed: str, text: str, phrase: str) -> float:
    """0 to 100: a slip of the pen, some words of `phrase`, or `phrase` within a short answer."""
    wanted = plain(phrase)
    words = typed.split()
    if len(words) > 1 and set(words) <= set(wanted.split()):
        return 100
    # With diacritics typed, "bộ" is not "bố".
    inside = f" {phrase.lower()} " in f" {text.lower()} " if not text.isascii() else f" {wanted} " in f" {typed} "
    if inside and len(words) <= len(wanted.split()) + 3:
        return 95
    return fuzz.ratio(typed, wanted)


def masked(label: str, display: str) -> str:
    """`display` with personal numbers hidden; the label is the context ("Số tài khoản")."""
    return mask(f"{label}: {display}")[len(label) + 2 :]


def plain(text: str) -> str:
    """Folded, lower case, punctuation at the ends and repeated blanks removed."""
    return " ".join(folded(text)[0].lower().split()).strip(" .,!?;:…")


def _picked(text: str, *kinds: str) -> str:
    """The one identifier of these kinds within `text` ("số của em là 0912…"), else `text` itself."""
    found = [match.value for match in find(text) if match.kind in kinds]
    return found[0] if len(found) == 1 else text


def _same(value: str) -> Value:
    return Value(value, value)


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", ".")
