"""Joins the rights of citizens (`actions.rights`) to the conversations: how one is read, and how one is erased."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from actions.rights.service import Rights
from bot.gateway.retention import Eraser
from bot.gateway.reveal import Reveal
from bot.gateway.store import ConversationStore

__all__ = ["join"]


def join(rights: Rights, store: ConversationStore, reveal: Reveal, eraser: Eraser) -> None:
    """Reads as the citizen would read it, and erases everywhere."""

    def transcript(conversation_id: str) -> Iterator[dict[str, Any]]:
        after = ""
        while page := store.messages(conversation_id, after):
            yield from reveal.messages(conversation_id, page)
            after = page[-1]["id"]

    rights.collector.transcript = transcript
    rights.erase_by(eraser.erase)
