"""What the service says in a conversation without being asked: stored like any message, so every channel sees it."""

from __future__ import annotations

from contextlib import suppress

from anyio import NoEventLoopError
from anyio.from_thread import run_sync
from sqlalchemy.orm import Session

from bot.gateway.hub import EventHub
from bot.gateway.store import add_message, locked
from common.errors import NotFound
from common.messages import Reply

__all__ = ["Unasked"]


class Unasked:
    """`actions.notices.Deliver` over the conversations' tables."""

    def __init__(self, hub: EventHub) -> None:
        self._hub = hub

    def say(self, session: Session, conversation_id: str, reply: Reply) -> bool:
        """Appends the message inside the caller's transaction; False where the conversation is gone.

        It is the system's word, not the bot's: while a person owns the conversation the bot is silent, and a notice
        neither takes the conversation away from them nor ends a turn that is being answered.
        """
        try:
            row = locked(session, conversation_id)
        except NotFound:
            return False
        quiet_since = row.last_at
        add_message(session, row, "system", reply)
        # Retention counts from the last word of a person, not from ours.
        row.last_at = quiet_since
        return True

    def told(self, conversation_id: str) -> None:
        # The hub belongs to the event loop; streams that are not woken look by themselves within seconds.
        with suppress(NoEventLoopError, RuntimeError):
            run_sync(self._hub.wake, conversation_id)
