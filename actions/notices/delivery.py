"""How a notice reaches its conversation. The bot room fills this in: conversations are its tables, not ours."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy.orm import Session

from common.messages import Reply

__all__ = ["Deliver"]


class Deliver(Protocol):
    """Says something in a conversation without being asked."""

    def say(self, session: Session, conversation_id: str, reply: Reply) -> bool:
        """Stores the message inside the caller's transaction; False where the conversation is gone."""
        ...

    def told(self, conversation_id: str) -> None:
        """Called after the commit: whoever listens may look now."""
        ...
