"""Forecasts in a process of its own: series as JSON on standard input, forecasts as JSON on standard output.

Apart from the service, because the library takes seconds to import and memory that is given back when this ends, and
niced, because nobody waits for it.
"""

from __future__ import annotations

import os
import sys

from pydantic import TypeAdapter

from bot.reports.forecast.model import Forecast, Series, forecast

_NICE = 15


def main() -> None:
    os.nice(_NICE)
    series = TypeAdapter(list[Series]).validate_json(sys.stdin.buffer.read())
    made = [forecast(one) for one in series]
    sys.stdout.buffer.write(TypeAdapter(list[Forecast]).dump_json(made))


main()
