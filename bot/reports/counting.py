"""One cell of the daily counts, and the tally that cells are added up in.

Every cell has a centre and a field, and up to the submission a channel; a procedure only where a figure shows
procedures: each dimension more multiplies the rows of a year.

Measures and their labels (`amount`, `against` where they mean something):

| measure | label | counts | amount | against |
| --- | --- | --- | --- | --- |
| talk | alone, person, silent | conversations by the day they began | | |
| turn | a turn's status | what citizens sent | | |
| topic | | conversations in which the procedure was answered, once a day | | |
| handoff | the ticket's reason | requests for a person | | |
| wait | a bucket of `WAITS`, none | requests by the time to a person's first word | seconds | |
| helpful | yes, no | words on an answer | | |
| score | 1 to 5 | scores of a finished conversation | the score | |
| dossier | | dossiers submitted | | |
| ended | in_time, late, no_due, withdrawn | dossiers whose clock ended | working days over the due date | |
| state | a dossier's state | stays in it that ended | working days in it | working days promised |
| state_free | a dossier's state | the same of dossiers without a due date | working days in it | |
| open | a dossier's state | dossiers in it at the last count of the day | working days in it so far | |
| load | open, late, week, citizen | dossiers in hand at the last count of the day | | |
| appointment | its state | appointments by the day they were for | | |
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from common.clock import LOCAL

__all__ = ["SNAPSHOTS", "WAITS", "Cell", "Day", "Sum", "Tally", "bucket"]

SNAPSHOTS = ("open", "load")
"""Measures of a moment: counted for the running day only, never afterwards."""
WAITS: tuple[tuple[str, float], ...] = (
    ("m1", 60), ("m5", 300), ("m15", 900), ("h1", 3600), ("h4", 14_400), ("d1", 86_400), ("more", float("inf")),
)
"""Buckets of waiting: name and upper bound in seconds."""


@dataclass(frozen=True)
class Day:
    """A calendar day in Vietnam as a span of moments."""

    date: date

    @property
    def start(self) -> datetime:
        return datetime.combine(self.date, time.min, LOCAL).astimezone(UTC)

    @property
    def end(self) -> datetime:
        return datetime.combine(self.date + timedelta(days=1), time.min, LOCAL).astimezone(UTC)


@dataclass(frozen=True)
class Cell:
    """What a count is about. Holds no id of a person, conversation or dossier."""

    measure: str
    label: str = ""
    channel: str = ""
    centre: str = ""
    field: str = ""
    procedure: str = ""


@dataclass(frozen=True)
class Sum:
    count: int
    amount: float = 0.0
    against: float = 0.0

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.count + other.count, self.amount + other.amount, self.against + other.against)


class Tally:
    """Adds up equal cells."""

    def __init__(self) -> None:
        self._sums: dict[Cell, Sum] = defaultdict(lambda: Sum(0))

    def add(self, cell: Cell, amount: float = 0.0, against: float = 0.0, count: int = 1) -> None:
        self._sums[cell] += Sum(count, amount, against)

    def add_all(self, cells: Iterable[tuple[Cell, Sum]]) -> None:
        for cell, value in cells:
            self._sums[cell] += value

    def __iter__(self) -> Iterator[tuple[Cell, Sum]]:
        return iter(self._sums.items())


def bucket(seconds: float) -> str:
    """The name of the bucket that a wait falls in."""
    return next(name for name, bound in WAITS if seconds <= bound)
