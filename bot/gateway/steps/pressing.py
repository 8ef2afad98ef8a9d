"""A few typed words that stand for a button under the latest message, or for a place alone: taken as pressed, so that
the dialogue engine need not guess.
"""

from __future__ import annotations

from dataclasses import replace

from anyio.to_thread import run_sync

from bot.gateway.store import ConversationStore
from bot.gateway.turn import ReadingPresses, Turn
from common.language import speak
from common.messages import Status

__all__ = ["Press"]


class Press:
    """The transcript keeps what was typed; what goes on is the button's payload, or the same wish in full words."""

    closing = False

    def __init__(self, store: ConversationStore, presses: ReadingPresses) -> None:
        self._store, self._presses = store, presses

    async def run(self, turn: Turn) -> Status | None:
        typed = turn.text is not None and not turn.captured and not turn.replies
        if typed and turn.conversation.owner != "agent":
            await run_sync(self._read, turn)
            speak(turn.language)
        return None

    def _read(self, turn: Turn) -> None:
        shown = self._store.since_citizen(turn.conversation.id, before=turn.citizen_message or "")
        words = turn.heard.words if turn.heard and turn.heard.words else turn.text or ""
        waiting = turn.conversation.owner == "waiting"
        pressed = self._presses.read(words, shown, turn.conversation.last_procedure or "", waiting=waiting)
        if pressed is None:
            return
        turn.pressed, turn.engine_message = True, pressed.payload or pressed.words
        if pressed.payload:
            turn.inbound = replace(turn.inbound, text=None, payload=pressed.payload)
        # A title or a place is no change of language.
        turn.heard, turn.language = None, turn.conversation.language
