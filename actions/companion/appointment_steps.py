"""The steps of a booking as buttons carry them, and the words by which a text asks for one.

A button carries one word in the entity `appointment`: `c.<centre>`, `l.<page>`, `d.<centre>.<page>`,
`t.<centre>.<day>.<page>`, `b.<centre>.<moment>`, `m.<number>`, `x.<number>`, `y.<number>`, `k`, `r.<number>`. While an
appointment is being moved, `.<number>` stands at the end of the first five kinds. Nothing in it is personal.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import yaml

from actions.answers.words import fold, has_phrase
from common.clock import LOCAL

__all__ = ["PAGE", "STAMP", "Step", "joined", "paged", "part", "payload", "read_step", "says", "to_count", "to_day"]

PAGE = 6
STAMP = "%Y%m%d%H%M"
_DAY = "%Y%m%d"
_INTENT = "/book_appointment"
_WORDS = Path(__file__).parent / "appointment_words.yml"
# How many parts come before the number of the appointment that is being moved.
_OWN = {"c": 1, "l": 1, "d": 2, "t": 3, "b": 2}
T = TypeVar("T")


@dataclass(frozen=True)
class Step:
    """What a button of a booking says. `subject`: the centre, the page of a list, or the appointment's number."""

    kind: str
    subject: str = ""
    day: date | None = None
    moving: str = ""


def read_step(sent: str) -> Step | None:
    """The step in a button's payload; None for any other button."""
    if not sent.startswith(_INTENT + "{"):
        return None
    try:
        word = json.loads(sent.removeprefix(_INTENT)).get("appointment")
    except ValueError:
        return None
    kind, *parts = str(word or "").split(".")
    day = to_day(part(parts, 1)[:8]) if kind in ("t", "b") else None
    return Step(kind, part(parts, 0), day, part(parts, _OWN[kind]) if kind in _OWN else "")


def payload(word: str) -> str:
    return f"{_INTENT}{json.dumps({'appointment': word})}"


def joined(*parts: str) -> str:
    return ".".join(part for part in parts if part)


def part(parts: list[str], index: int) -> str:
    return parts[index] if index < len(parts) else ""


def to_count(text: str) -> int:
    return min(int(text), 100) if text.isdigit() else 0


def to_day(text: str) -> date | None:
    try:
        return datetime.strptime(text, _DAY).replace(tzinfo=LOCAL).date()
    except ValueError:
        return None


def paged(items: Sequence[T], page: int) -> tuple[Sequence[T], bool]:
    """The page, and whether more follow."""
    return items[page * PAGE : (page + 1) * PAGE], len(items) > (page + 1) * PAGE


def says(act: str, text: str) -> bool:
    """Whether the text holds a word of `act` (`appointment_words.yml`)."""
    folded = fold(text)
    return any(has_phrase(folded, phrase) for phrase in _words()[act])


@lru_cache(maxsize=1)
def _words() -> dict[str, list[str]]:
    words: dict[str, list[str]] = yaml.safe_load(_WORDS.read_text("utf-8"))
    return words
