"""Runs the steps of a turn, each timed; any of them may stop it with a named status."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from bot.gateway.metrics import STEP_SECONDS
from bot.gateway.steps import Step
from bot.gateway.turn import Turn

__all__ = ["Pipeline"]


class Pipeline:
    """The list of steps of a turn, in order."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = [(re.sub(r"(?<!^)(?=[A-Z])", "_", type(step).__name__).lower(), step) for step in steps]

    async def run(self, turn: Turn) -> None:
        """Fills in `turn`. Whatever a step raises leaves the turn unsettled, so that its client id may try again."""
        for name, step in self._steps:
            if turn.status is not None and not step.closing:
                continue
            started = time.perf_counter()
            try:
                status = await step.run(turn)
            finally:
                STEP_SECONDS.labels(name).observe(time.perf_counter() - started)
            if status is not None and turn.status is None:
                turn.status = status
