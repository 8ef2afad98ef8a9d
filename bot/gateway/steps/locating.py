"""A location that was shared: answered with the nearest points, and gone with the turn."""

from __future__ import annotations

from anyio.to_thread import run_sync

from bot.gateway.texts import say
from bot.gateway.turn import Locating, Turn
from common.messages import Status

__all__ = ["Located", "Nearest"]


class Located:
    """What is stored of the citizen's message: that a location was shared, not which."""

    closing = False

    async def run(self, turn: Turn) -> Status | None:
        if turn.inbound.location is not None:
            turn.transcript = say("location")
        return None


class Nearest:
    """Answers with the nearest points."""

    closing = False

    def __init__(self, places: Locating) -> None:
        self._places = places

    async def run(self, turn: Turn) -> Status | None:
        if turn.inbound.location is None:
            return None
        turn.replies = [await run_sync(self._places.near, *turn.inbound.location)]
        return turn.replies[-1].status
