"""What remains of a turn: the stored result, and word to everybody who listens."""

from __future__ import annotations

from anyio.to_thread import run_sync

from bot.gateway.hub import DESK, EventHub
from bot.gateway.turn import Turn
from bot.gateway.turns import TurnStore
from common.messages import Status

__all__ = ["Publish", "Store"]


class Store:
    """Settles the turn: replies, result, owner, in one transaction."""

    closing = True

    def __init__(self, turns: TurnStore) -> None:
        self._turns = turns

    async def run(self, turn: Turn) -> Status | None:
        if turn.outcome is None:
            turn.outcome = await run_sync(self._turns.settle, turn)
        return None


class Publish:
    """Wakes the conversation's event streams."""

    closing = True

    def __init__(self, hub: EventHub) -> None:
        self._hub = hub

    async def run(self, turn: Turn) -> Status | None:
        if turn.earlier is None:
            self._hub.wake(turn.conversation.id)
            if turn.outcome is None or turn.outcome.owner != "bot" or turn.conversation.owner != "bot":
                self._hub.wake(DESK)
        return None
