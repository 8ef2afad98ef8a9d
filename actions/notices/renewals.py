"""When a paper ends or must be exchanged: rules as data (`renewals.yml`), dates as pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from common.clock import LOCAL, to_local

__all__ = ["By", "Renewal", "birthday", "load_renewals", "moment_before", "next_exchange", "next_renewal"]

_FILE = Path(__file__).parent / "renewals.yml"
_AT = time(9, 0)
By = Literal["expiry", "birth"]


class Source(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    number: str
    title: str
    article: str


class Renewal(BaseModel):
    """One kind of paper. `by`: from which date the next one follows; `milestones`: ages of exchange."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    words: list[str] = Field(min_length=1)
    procedure: str = ""
    by: list[By]
    milestones: list[int] = []
    spared_years: int = 0
    days_before: int = Field(gt=0)
    rule: str
    sources: list[Source]
    todo: str


@lru_cache(maxsize=1)
def load_renewals() -> dict[str, Renewal]:
    """The reviewed kinds, by id. Raises pydantic.ValidationError for a wrong file."""
    return {name: Renewal(**body) for name, body in yaml.safe_load(_FILE.read_text("utf-8")).items()}


def birthday(born: date, age: int) -> date:
    """The day on which somebody reaches `age`. Who was born on 29 February does so on 1 March of a common year."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def next_exchange(
    born: date, today: date, milestones: Sequence[int], *, issued: date | None = None, spared_years: int = 0
) -> date | None:
    """The next day on which a card must be exchanged; None after the last age.

    A card `issued` within `spared_years` before an age serves until the next one (Law 26/2023/QH15, art. 21.2).
    """
    for age in sorted(milestones):
        day = birthday(born, age)
        spared = issued is not None and birthday(born, age - spared_years) <= issued < day
        if day > today and not spared:
            return day
    return None


def next_renewal(renewal: Renewal, by: By, given: date, today: date, issued: date | None = None) -> date | None:
    """The date to be reminded of, from the expiry or the birth date `given`; None where none is to come."""
    if by == "birth":
        return next_exchange(
            given, today, renewal.milestones, issued=issued, spared_years=renewal.spared_years)
    return given if given > today else None


def moment_before(due: date, days: int, now: datetime) -> datetime:
    """Nine in the morning, `days` before `due`; where that has passed, the next morning, but never after `due`."""
    planned = datetime.combine(due - timedelta(days=days), _AT, LOCAL)
    if planned > now:
        return planned
    tomorrow = datetime.combine(to_local(now).date() + timedelta(days=1), _AT, LOCAL)
    return min(tomorrow, datetime.combine(due, _AT, LOCAL))
