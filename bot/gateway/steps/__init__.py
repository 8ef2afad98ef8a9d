"""The steps of a turn. Each has one `run(turn)`; a returned status stops the turn, and only closing steps follow."""

from __future__ import annotations

from typing import Protocol

from bot.gateway.turn import Turn
from common.messages import Status

__all__ = ["Step"]


class Step(Protocol):
    """One step. `closing` ones also run when an earlier step has stopped the turn."""

    closing: bool

    async def run(self, turn: Turn) -> Status | None: ...
