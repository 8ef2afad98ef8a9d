"""What the reports do by themselves: count the days every quarter of an hour, forecast once a day."""

from __future__ import annotations

import asyncio
import os
import sys

import structlog
from anyio.to_thread import run_sync
from pydantic import TypeAdapter

from bot.reports.forecast.model import Forecast, Series
from bot.reports.forecast.store import Forecasts
from bot.reports.rollup import RollUp

__all__ = ["forecast_once", "reports_loop"]

EVERY_S = 900.0
_DAYS_AT_ONCE = 20
_LONGEST_S = 1200.0
_log = structlog.get_logger(__name__)


async def reports_loop(rollup: RollUp, forecasts: Forecasts, every_s: float = EVERY_S) -> None:
    """Counts and forecasts until cancelled. Begins after a rest: the start belongs to the citizens, and the
    retention's first run counts, too."""
    while True:
        await asyncio.sleep(every_s)
        try:
            while await run_sync(rollup.run, _DAYS_AT_ONCE):
                pass
            if await run_sync(forecasts.due):
                await forecast_once(forecasts)
        except Exception as error:  # a database that is away for a minute must not end the counting for good
            _log.error("reports_loop_failed", exc_info=error)


async def forecast_once(forecasts: Forecasts) -> int:
    """Makes and keeps the forecasts of all centres in a process of its own; returns how many.

    Raises RuntimeError when that process fails, TimeoutError when it takes too long; the last forecasts stay.
    """
    series = await run_sync(forecasts.series)
    if not series:
        return 0
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.reports.forecast", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
    try:
        given = TypeAdapter(list[Series]).dump_json(series)
        async with asyncio.timeout(_LONGEST_S):
            out, errors = await process.communicate(given)
    finally:
        if process.returncode is None:  # cancelled, or too slow
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"the forecast ended with {process.returncode}: {errors.decode()[-500:]}")
    made = TypeAdapter(list[Forecast]).validate_json(out)
    await run_sync(forecasts.keep, made)
    _log.info("forecast_made", centres=len(made), without=sum(bool(one.reason) for one in made))
    return len(made)
