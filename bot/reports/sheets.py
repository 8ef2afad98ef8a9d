"""A figure: a table, what it says in one sentence, and how to draw it. Page, CSV and chart are made from the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from bot.reports.numbers import number, percent

__all__ = ["Band", "Bars", "Chart", "Column", "Figure", "Line", "Lines", "Row", "Stack", "shown"]

Row = dict[str, Any]

Kind = Literal["text", "count", "decimal", "percent", "change", "date"]


@dataclass(frozen=True)
class Column:
    """`key` names its heading in `texts.yml`. `groups`: this count says how many stand behind the row's other
    numbers up to the next such column, so an export hides them when it is small. `part`: a count of some of them.
    `private`: words of people, never exported."""

    key: str
    kind: Kind = "text"
    groups: bool = False
    part: bool = False
    private: bool = False


@dataclass(frozen=True)
class Line:
    """One line over time; None is a gap."""

    label: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Lines:
    """Lines over days or weeks."""

    steps: tuple[date, ...]
    lines: tuple[Line, ...]
    unit: str
    percent: bool = False


@dataclass(frozen=True)
class Stack:
    """Bars over days or weeks, each made of parts."""

    steps: tuple[date, ...]
    parts: tuple[Line, ...]
    unit: str


@dataclass(frozen=True)
class Bars:
    """Named bars, longest label to the left; `against` draws a second, hollow bar to compare with."""

    labels: tuple[str, ...]
    values: tuple[float, ...]
    unit: str
    value_label: str = ""
    against: tuple[float, ...] = ()
    against_label: str = ""
    percent: bool = False
    places: int = 0


@dataclass(frozen=True)
class Band:
    """What was, what is expected, and the band in which it will lie most likely."""

    past: Lines
    steps: tuple[date, ...]
    expected: Line
    low: tuple[float, ...]
    high: tuple[float, ...]


Chart = Lines | Stack | Bars | Band


@dataclass(frozen=True)
class Figure:
    """`rows` hold values by column key; `said` is the point in a sentence, "" where there is nothing to say.
    `empty` replaces the usual sentence when there are no rows; `notes` stand under the table."""

    key: str
    title: str
    columns: tuple[Column, ...] = ()
    rows: Sequence[Row] = ()
    said: str = ""
    notes: tuple[str, ...] = ()
    chart: Chart | None = None
    empty: str = ""


def shown(value: Any, kind: Kind) -> str:
    """A cell as people read it; an absent value is a dash."""
    if value is None or value == "":
        return "–"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if kind == "count":
        return number(value)
    if kind == "decimal":
        return number(value, 1)
    if kind == "percent":
        return percent(value)
    if kind == "change":
        return ("+" if value > 0 else "−" if value < 0 else "") + percent(abs(value))
    return str(value)
