"""The forecast of demand, and how well its method did on the past."""

from __future__ import annotations

from typing import Any

from bot.reports.asking import Asking
from bot.reports.forecast.model import COVER, HORIZON, LEAST_A_WEEK, LEAST_WEEKS, Forecast, Tried
from bot.reports.forecast.store import Made
from bot.reports.numbers import number, percent
from bot.reports.sheets import Band, Column, Figure, Line, Lines

__all__ = ["backtest", "forecast"]

_DRAWN_WEEKS = 26


def forecast(ask: Asking) -> Figure:
    """Expected demand of the coming weeks with its interval: the province, then each centre."""
    columns = (Column("centre"), Column("week", "date"), Column("expected", "decimal"), Column("low", "decimal"),
               Column("high", "decimal"))
    made = ask.demand()
    if made is None:
        return ask.figure("forecast", columns, [], empty=ask.text("figure.forecast.none"))
    rows: list[dict[str, Any]] = [
        {"centre": _name(ask, one.centre), "week": week, "expected": expected, "low": low, "high": high}
        for one in _chosen(ask, made) if not one.reason
        for week, expected, low, high in zip(made.weeks, one.expected, one.low, one.high, strict=True)
    ]
    here = made.by_centre.get(ask.scope.centre)
    if here is None or here.reason:
        few = here.reason if here else "weeks"
        empty = ask.text(f"figure.forecast.{few}", weeks=here.weeks if here else 0, least=LEAST_WEEKS,
                         a_week=number(LEAST_A_WEEK))
        return ask.figure("forecast", columns, rows, said=empty, empty=empty)
    best = _best(here)
    said = ask.text(
        "figure.forecast.said", centre=_name(ask, here.centre), week=made.weeks[0],
        expected=number(here.expected[0]), low=number(here.low[0]), high=number(here.high[0]),
        cover=percent(COVER, 0), method=ask.text(f"method.{here.method}", season=here.season),
        share=percent(best.share) if best.share is not None else "")
    past = made.counts[here.centre][-_DRAWN_WEEKS:]
    chart = Band(
        Lines(tuple(made.past[-_DRAWN_WEEKS:]), (Line(ask.text("column.came"), tuple(float(n) for n in past)),),
              ask.text("unit.demand")),
        tuple(made.weeks), Line(ask.text("column.expected"), tuple(here.expected)), tuple(here.low), tuple(here.high))
    notes = (ask.text("figure.forecast.made", at=made.made_at, weeks=here.weeks),)
    return ask.figure("forecast", columns, rows, said=said, chart=chart, notes=notes)


def backtest(ask: Asking) -> Figure:
    """Errors of the method used and of the naive forecast on the past, by centre."""
    made = ask.demand()
    rows = [_tried(ask, one) for one in _chosen(ask, made)] if made else []
    columns = (
        Column("centre"), Column("weeks", "count"), Column("method"), Column("mae", "decimal"),
        Column("error", "percent"), Column("naive_mae", "decimal"), Column("naive_error", "percent"))
    judged = [one for one in _chosen(ask, made) if not one.reason] if made else []
    said = ""
    if judged:
        said = ask.text(
            "figure.backtest.said", origins=judged[0].origins, horizon=HORIZON, centres=number(len(judged)),
            naive=number(sum(one.method == "naive" for one in judged)),
            without=number(len(rows) - len(judged)))
    return ask.figure("backtest", columns, rows, said=said, empty=ask.text("figure.forecast.none"))


def _tried(ask: Asking, one: Forecast) -> dict[str, Any]:
    row: dict[str, Any] = {"centre": _name(ask, one.centre), "weeks": one.weeks}
    if one.reason:
        return {**row, "method": ask.text(f"method.none_{one.reason}")}
    best, naive = _best(one), next(each for each in one.tried if each.method == "naive")
    return {
        **row, "method": ask.text(f"method.{one.method}", season=one.season), "mae": best.mae, "error": best.share,
        "naive_mae": naive.mae, "naive_error": naive.share}


def _best(one: Forecast) -> Tried:
    return next(each for each in one.tried if each.method == one.method)


def _chosen(ask: Asking, made: Made) -> list[Forecast]:
    """The centre that was chosen, or all: the province first, then those with a forecast, by name."""
    wanted = ask.scope.centre
    found = [one for one in made.by_centre.values() if not wanted or one.centre == wanted]
    return sorted(found, key=lambda one: (one.centre != "", bool(one.reason), _name(ask, one.centre)))


def _name(ask: Asking, centre: str) -> str:
    return ask.centre(centre) if centre else ask.text("all_centres")
