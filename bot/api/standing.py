"""Who answers in a conversation, as its citizen sees it: the bot, a queue with a place in it, or a person by name."""

from __future__ import annotations

from typing import Any

from bot.context import Context
from bot.gateway.turn import Conversation

__all__ = ["standing"]


def standing(context: Context, conversation: Conversation) -> dict[str, Any]:
    """`owner`, and where there is one `place` (in the queue, from 1) or `agent` (the name that the person goes by)."""
    known: dict[str, Any] = {"owner": conversation.owner}
    if conversation.owner == "waiting":
        place = context.desk.waits.place(conversation.id)
        if place is not None:
            known["place"] = place
    elif conversation.owner == "agent" and conversation.agent:
        name = context.accounts.people.shown_name(conversation.agent)
        if name:
            known["agent"] = name
    return known
