"""A question that stays open: the offer to be told later, and the buttons that take it down."""

from __future__ import annotations

from anyio.to_thread import run_sync

from bot.gateway.turn import FollowingUp, Turn
from common.messages import Status

__all__ = ["FollowUp", "OfferFollowUp"]

_OUTSIDE = "out_of_scope"


class FollowUp:
    """Answers the offer's own buttons; neither Rasa nor search is asked."""

    closing = False

    def __init__(self, follow_ups: FollowingUp) -> None:
        self._follow_ups = follow_ups

    async def run(self, turn: Turn) -> Status | None:
        if turn.captured or not turn.inbound.payload:
            return None
        reply = await run_sync(self._follow_ups.take, turn.conversation.id, turn.inbound.payload)
        if reply is None:
            return None
        turn.replies = [reply]
        return reply.status


class OfferFollowUp:
    """Adds the offer to an abstention. What lies outside the field (gold prices) is not promised an answer."""

    closing = True

    def __init__(self, follow_ups: FollowingUp) -> None:
        self._follow_ups = follow_ups

    async def run(self, turn: Turn) -> Status | None:
        asked = turn.question and any(char.isalnum() for char in turn.question)
        open_ = turn.outcome is None and turn.status is Status.ABSTAINED and turn.intent != _OUTSIDE
        if open_ and asked and turn.replies:
            button = await run_sync(self._follow_ups.button, turn.conversation.id, turn.question or "")
            if button is not None:
                last = turn.replies[-1]
                turn.replies[-1] = last.model_copy(update={"buttons": [*last.buttons, button]})
        return None
