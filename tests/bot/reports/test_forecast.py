"""The forecast: too little is said to be too little, the better method wins, intervals hold what comes."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np

from bot.reports.chores import forecast_once
from bot.reports.forecast.model import HORIZON, LEAST_WEEKS, ORIGINS, Series, forecast, naive
from bot.reports.tables import ReportCountRow, ReportDayRow
from common.database import Database
from tests.bot.reports.small import FIRST, NOW, keep, reports_over, rows_of

AHEAD = [5, 5, 2, 5]


def series(counts: list[int], workdays: list[int] | None = None) -> Series:
    return Series(centre="", counts=counts, workdays=workdays or [5] * len(counts), ahead=AHEAD)


def test_too_little_is_said_and_nothing_forecast() -> None:
    assert forecast(series([30] * (LEAST_WEEKS - 1))).reason == "weeks"
    few = forecast(series([0, 1] * LEAST_WEEKS))
    assert few.reason == "few" and not few.expected


def test_working_days_carry_a_constant_rate_through_holidays() -> None:
    days = [5, 5, 5, 3, 5, 0] * 6
    made = forecast(series([8 * each for each in days], days))
    assert made.method == "naive", "where both are right, the simpler one is used"
    assert made.expected == [40.0, 40.0, 16.0, 40.0] and made.low == made.expected == made.high
    assert next(one for one in made.tried if one.method == "naive").mae == 0.0


def test_smoothing_beats_repeating_the_last_week_in_noise_and_the_trial_is_out_of_sample() -> None:
    noise = np.random.default_rng(3).poisson(60, 48)
    made = forecast(series([int(value) for value in noise]))
    errors = {one.method: one.mae for one in made.tried}
    assert made.method == "ets" and errors["ets"] < errors["naive"] and made.origins == ORIGINS
    # The naive trial by hand: from each origin, the last known week four times.
    by_hand = [
        abs(int(noise[origin - 1]) - int(noise[origin + step]))
        for origin in range(48 - HORIZON - ORIGINS + 1, 48 - HORIZON + 1) for step in range(HORIZON)]
    assert abs(errors["naive"] - float(np.mean(by_hand))) < 1e-9
    assert all(low <= value <= high for low, value, high in zip(made.low, made.expected, made.high, strict=True))
    first, second = (made.high[at] - made.expected[at] for at in (0, 1))
    assert second >= first - 0.02, "the further, the wider"


def test_the_naive_forecast_of_a_full_past_is_last_years_week() -> None:
    past = np.arange(60.0)
    assert list(naive(past, 4, 52)) == [8, 9, 10, 11] and list(naive(past, 2)) == [59, 59]


async def test_made_in_a_process_of_its_own_and_shown_with_its_error(database: Database, tmp_path: Path) -> None:
    last = date(2026, 11, 15)  # a Sunday; the week that runs on the 22nd isn't over
    counts = np.random.default_rng(5).poisson(9, 7 * 31)
    keep(
        database, ReportDayRow(day=last, sealed=True, counted_at=NOW),
        [ReportCountRow(day=last - timedelta(days=back), measure="dossier", centre=FIRST, count=int(count))
         for back, count in enumerate(counts)],
        [ReportCountRow(day=last, measure="appointment", label="cancelled", centre=FIRST, count=500),
         ReportCountRow(day=last, measure="appointment", label="served", centre="06661", count=3)])
    reports = reports_over(database, tmp_path)
    assert reports.forecasts.due() and await forecast_once(reports.forecasts) == 3
    assert not reports.forecasts.due()
    made = reports.forecasts.read()
    assert made and made.weeks[0] == date(2026, 11, 16)
    assert made.counts[""][-1] == int(counts[:7].sum()) + 3, "cancelled appointments are no demand"

    rows = rows_of(reports, "forecast")
    assert len(rows) == 2 * HORIZON and rows[0]["centre"] == "Toàn tỉnh"
    assert all(row["low"] <= row["expected"] <= row["high"] for row in rows)
    tried = {row["centre"]: row for row in rows_of(reports, "backtest")}
    assert any("quá ít" in row["method"] for row in tried.values())
    assert tried["Toàn tỉnh"]["mae"] <= tried["Toàn tỉnh"]["naive_mae"]
    figure = reports.figure("forecast", reports.scope({"centre": "06661"}))
    assert figure.rows == [] and "quá ít để dự báo" in figure.empty
