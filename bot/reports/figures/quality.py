"""Answer quality over time: what the golden questions said on each day that they were run."""

from __future__ import annotations

from bot.reports.asking import Asking
from bot.reports.numbers import number, percent
from bot.reports.sheets import Column, Figure, Line, Lines

__all__ = ["golden"]


def golden(ask: Asking) -> Figure:
    """The share of golden questions treated as they should be, by day of the run."""
    scope = ask.scope
    runs = [one for one in ask.quality() if scope.start <= one.day <= scope.end]
    columns = (Column("day", "date"), Column("golden_all", "count"), Column("golden_passed", "count"),
               Column("share", "percent"))
    rows = [
        {"day": one.day, "golden_all": one.passed + one.failed, "golden_passed": one.passed, "share": one.share}
        for one in runs
    ]
    if not rows:
        return ask.figure("golden", columns, [], empty=ask.text("figure.golden.none"))
    first, last = runs[0], runs[-1]
    said = ask.text(
        "figure.golden.said", day=last.day, share=percent(last.share), failed=number(last.failed),
        first_day=first.day if first is not last else None, first=percent(first.share))
    line = Line(ask.text("column.share"), tuple(float(one.share) for one in runs))
    chart = Lines(tuple(one.day for one in runs), (line,), ask.text("unit.percent"), percent=True)
    return ask.figure("golden", columns, rows, said=said, chart=chart)
