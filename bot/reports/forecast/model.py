"""The forecast of one series of weekly counts, tried on its own past before it is believed.

Weeks differ by their public holidays, so it is the rate per working day that is forecast and then multiplied by the
working days of the week to come. Candidates are the naive forecast, exponential smoothing (statsmodels' ETS: with or
without a damped trend, whichever has the lower AICc) and, with two years of weeks or more, the same on what remains
after the yearly season (STL). Each is tried with a rolling origin: from each of the last `ORIGINS` weeks that have
`HORIZON` weeks after them, knowing nothing of what follows. The one with the smallest mean absolute error is used;
where the naive one is as good, the naive one.

Intervals are split-conformal (Lei et al. 2018): the forecast and the `COVER` quantile of the absolute errors that the
chosen method made at that distance. No distribution is assumed.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from pydantic import BaseModel

__all__ = ["COVER", "HORIZON", "LEAST_A_WEEK", "LEAST_WEEKS", "ORIGINS", "Forecast", "Series", "Tried", "forecast"]

HORIZON = 4
ORIGINS = 12
SEASON = 52
COVER = 0.8
LEAST_WEEKS = 24
"""Nine weeks to learn from at the first origin."""
LEAST_A_WEEK = 2.0
"""Under this mean of the last twelve weeks, a week is a matter of single people and nothing can be forecast."""

Rates = np.ndarray
Method = Callable[[Rates, int], Rates]


class Series(BaseModel):
    """Counts of complete weeks, their working days, and the working days of the `HORIZON` weeks that follow."""

    centre: str
    counts: list[int]
    workdays: list[int]
    ahead: list[int]


class Tried(BaseModel):
    """A candidate's errors in the trial, in people a week; `share` is their sum over the sum of what came."""

    method: Literal["naive", "ets", "stl_ets"]
    mae: float
    share: float | None


class Forecast(BaseModel):
    """`reason` says why there is none: weeks (too short a past) or few (too few a week)."""

    centre: str
    weeks: int
    reason: Literal["", "weeks", "few"] = ""
    method: Literal["naive", "ets", "stl_ets"] = "naive"
    season: int = 1
    origins: int = 0
    tried: list[Tried] = []
    expected: list[float] = []
    low: list[float] = []
    high: list[float] = []


def forecast(series: Series) -> Forecast:
    """Tries the candidates and forecasts with the best one."""
    counts, days = np.asarray(series.counts, dtype=float), np.asarray(series.workdays, dtype=float)
    weeks = len(counts)
    if weeks < LEAST_WEEKS:
        return Forecast(centre=series.centre, weeks=weeks, reason="weeks")
    if counts[-12:].mean() < LEAST_A_WEEK:
        return Forecast(centre=series.centre, weeks=weeks, reason="few")
    season = SEASON if weeks >= SEASON + ORIGINS + HORIZON else 1
    methods = _methods(weeks, season)
    errors = {name: _trial(counts, days, method) for name, method in methods.items()}
    came = sum(counts[origin:origin + HORIZON].sum() for origin in _origins(weeks))
    tried = [
        Tried(method=name, mae=float(np.abs(error).mean()), share=float(np.abs(error).sum() / came) if came else None)
        for name, error in errors.items()
    ]
    best = min(tried, key=lambda one: (round(one.mae, 9), one.method != "naive"))
    expected = methods[best.method](_rates(counts, days), HORIZON) * np.asarray(series.ahead, dtype=float)
    reach = _reach(errors[best.method])
    return Forecast(
        centre=series.centre, weeks=weeks, method=best.method, season=season, origins=len(_origins(weeks)), tried=tried,
        expected=_listed(expected), low=_listed(np.maximum(0.0, expected - reach)), high=_listed(expected + reach))


def naive(rates: Rates, horizon: int, season: int = 1) -> Rates:
    """What was one season ago: the same week of last year, or the last week where the past is too short for that."""
    return np.array([rates[len(rates) - season + step % season] for step in range(horizon)])


def smoothed(rates: Rates, horizon: int) -> Rates:
    """Exponential smoothing, trend by AICc."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel  # seconds to import: never in the service

    best: tuple[float, Rates] | None = None
    for trend in (None, "add"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # flat stretches make the optimiser complain; the trial judges the outcome
            fitted = ETSModel(rates, error="add", trend=trend, damped_trend=trend is not None).fit(disp=False)
        if best is None or fitted.aicc < best[0]:
            best = (fitted.aicc, np.asarray(fitted.forecast(horizon)))
    assert best is not None
    return np.maximum(0.0, best[1])


def seasonal(rates: Rates, horizon: int) -> Rates:
    """The yearly season by STL, what remains smoothed; the season of last year is put back."""
    from statsmodels.tsa.seasonal import STL

    season = STL(rates, period=SEASON, robust=True).fit().seasonal
    return np.maximum(0.0, smoothed(rates - season, horizon) + naive(season, horizon, SEASON))


def _methods(weeks: int, season: int) -> dict[Literal["naive", "ets", "stl_ets"], Method]:
    methods: dict[Literal["naive", "ets", "stl_ets"], Method] = {
        "naive": lambda rates, horizon: naive(rates, horizon, season), "ets": smoothed}
    if weeks >= 2 * SEASON + ORIGINS + HORIZON:
        methods["stl_ets"] = seasonal
    return methods


def _origins(weeks: int) -> Sequence[int]:
    """How many weeks are known at each start of a trial."""
    return range(weeks - HORIZON - ORIGINS + 1, weeks - HORIZON + 1)


def _trial(counts: Rates, days: Rates, method: Method) -> Rates:
    """Errors by origin and distance."""
    rates = _rates(counts, days)
    return np.array([
        method(rates[:origin], HORIZON) * days[origin:origin + HORIZON] - counts[origin:origin + HORIZON]
        for origin in _origins(len(counts))
    ])


def _rates(counts: Rates, days: Rates) -> Rates:
    """People per working day; a week without one repeats the week before it."""
    rates = np.divide(counts, days, out=np.full(len(counts), np.nan), where=days > 0)
    for index in np.flatnonzero(np.isnan(rates)):
        rates[index] = rates[index - 1] if index else 0.0
    return rates


def _reach(errors: Rates) -> Rates:
    """Half the width of the interval at each distance; never narrower further away."""
    count = len(errors)
    rank = min(count, math.ceil((count + 1) * COVER))
    return np.maximum.accumulate(np.sort(np.abs(errors), axis=0)[rank - 1])


def _listed(values: Rates) -> list[float]:
    return [round(float(value), 2) for value in values]
