"""Sums over the daily counts; one query each, on the index of the measure and its days."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from bot.reports.counting import Sum
from bot.reports.period import Scope
from bot.reports.tables import ReportCountRow

__all__ = ["Key", "last_snapshot", "over_time", "sums", "total"]

Key = tuple[Any, ...]
_NONE = Sum(0)


def sums(session: Session, measure: str, scope: Scope, *by: str, **only: str) -> dict[Key, Sum]:
    """Count, amount and against of a measure in the scope, by the columns `by`; `only` narrows by column values."""
    columns = [getattr(ReportCountRow, name) for name in by]
    totals = (func.sum(ReportCountRow.count), func.sum(ReportCountRow.amount), func.sum(ReportCountRow.against))
    query = select(*columns, *totals).where(*_where(measure, scope, only)).group_by(*columns)
    found = {tuple(row[:len(by)]): Sum(*row[len(by):]) for row in session.execute(query) if row[len(by)] is not None}
    return found


def total(session: Session, measure: str, scope: Scope, **only: str) -> Sum:
    """A measure over the whole scope."""
    return sums(session, measure, scope, **only).get((), _NONE)


def over_time(session: Session, measure: str, scope: Scope, **only: str) -> dict[date, dict[str, Sum]]:
    """Day or Monday → label → sum, without gaps."""
    found: dict[date, dict[str, Sum]] = {step: defaultdict(lambda: _NONE) for step in scope.steps()}
    for (day, label), value in sums(session, measure, scope, "day", "label", **only).items():
        found[scope.step(day)][label] += value
    return found


def last_snapshot(session: Session, measure: str, scope: Scope, *by: str) -> tuple[date | None, dict[Key, Sum]]:
    """The latest snapshot inside the scope: its day, and what it counted by the columns `by`."""
    day = session.scalar(select(func.max(ReportCountRow.day)).where(*_where(measure, scope, {})))
    if day is None:
        return None, {}
    there = Scope(day, day, 0, scope.channel, scope.centre, scope.field)
    return day, sums(session, measure, there, *by)


def _where(measure: str, scope: Scope, only: dict[str, str]) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [
        ReportCountRow.measure == measure, ReportCountRow.day >= scope.start, ReportCountRow.day <= scope.end]
    narrowed = {"channel": scope.channel, "centre": scope.centre, "field": scope.field, **only}
    return where + [getattr(ReportCountRow, name) == value for name, value in narrowed.items() if value]
