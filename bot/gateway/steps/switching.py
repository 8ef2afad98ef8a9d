"""The kill switch: while staff have switched the bot off, messages go to people."""

from __future__ import annotations

from typing import Protocol

from anyio.to_thread import run_sync

from bot.gateway.texts import say
from bot.gateway.turn import Turn
from bot.switches.board import Kind, Switch, Switches
from common.messages import Button, Reply, Status

__all__ = ["HandingOver", "Switched"]

_REASON = "bot_off"


class HandingOver(Protocol):
    """`actions.handoff.desk.Desk`: opens a ticket, or finds the waiting one, and words what comes of it."""

    def hand_over(self, conversation_id: str, reason: str, words: str) -> tuple[bool, Reply]: ...


class Switched:
    """Hands the message to people where the bot, or this channel, is switched off. What is known of the switches is at
    most a second old, so a turn costs no query of its own.
    """

    closing = False

    def __init__(self, switches: Switches, people: HandingOver) -> None:
        self._switches, self._people = switches, people

    async def run(self, turn: Turn) -> Status | None:
        fresh = self._switches.fresh
        state = self._switches.state() if fresh else await run_sync(self._switches.state)
        off = state.bot(turn.conversation.channel)
        if off is None:
            return None
        turn.replies = [await run_sync(self._handed_over, turn, off)]
        return Status.HANDED_OFF

    def _handed_over(self, turn: Turn, off: Switch) -> Reply:
        new, reply = self._people.hand_over(turn.conversation.id, _REASON, turn.transcript)
        why = say("bot_off" if off.kind is Kind.BOT else "channel_off") if new else say("passed_on")
        # Buttons that speak to the bot would only lead back here; a telephone number still helps.
        phones: list[Button] = [button for button in reply.buttons if button.phone]
        return reply.model_copy(update={"text": f"{why}\n\n{reply.text}", "buttons": phones})
