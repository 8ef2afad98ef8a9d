"""What was meant for whom: a value for the e-form, a button's payload, or words (masked)."""

from __future__ import annotations

import unicodedata

from anyio.to_thread import run_sync

from bot.gateway.steps.admission import without_command
from bot.gateway.store import ConversationStore
from bot.gateway.texts import problem, say
from bot.gateway.turn import AtDesk, Capturing, Masking, Turn
from bot.gateway.turns import TurnStore
from common.errors import InvalidInput
from common.language import speak
from common.messages import Status

__all__ = ["AskedByDesk", "Capture", "Mask", "Offered", "Record"]


class AskedByDesk:
    """A file for the person who has the conversation, or what the desk asked the citizen for."""

    closing = False

    def __init__(self, desk: AtDesk) -> None:
        self._desk = desk

    async def run(self, turn: Turn) -> Status | None:
        """Raises what the check of a bad file raises."""
        await run_sync(self._desk.receive, turn)
        return None


class Capture:
    """Lets an open e-form take its value from the raw text, so that nobody else ever sees it."""

    closing = False

    def __init__(self, intake: Capturing) -> None:
        self._intake = intake

    async def run(self, turn: Turn) -> Status | None:
        """Raises InvalidInput for a file that no form is waiting for (and what the intake raises for a bad file)."""
        if turn.conversation.owner == "agent" or turn.captured:
            return None
        taken = await run_sync(self._take, turn)
        if taken:
            turn.captured, turn.engine_message, turn.transcript = True, taken[0], taken[1]
            turn.language = turn.conversation.language  # a name or an address is no change of language
            speak(turn.language)
        return None

    def _take(self, turn: Turn) -> tuple[str, str] | None:
        inbound = turn.inbound
        if inbound.upload:
            taken = self._intake.capture_upload(
                inbound.conversation_id, inbound.upload.filename, inbound.upload.content
            )
            if taken is None:
                raise InvalidInput(problem("no_place_for_file"), field="file")
        else:
            # Forms see the text as typed: a value may well begin with a slash, and none is ever run as a command.
            typed = turn.heard.words if turn.heard and turn.heard.words else inbound.text
            text = unicodedata.normalize("NFC", typed) if typed is not None else None
            taken = self._intake.capture(
                inbound.conversation_id, text=text, payload=inbound.payload, client=inbound.client
            )
        return (taken.intent_message, taken.transcript) if taken else None


class Offered:
    """Accepts a payload only if this conversation was shown a button with it; what is kept is the button's title."""

    closing = False

    def __init__(self, store: ConversationStore) -> None:
        self._store = store

    async def run(self, turn: Turn) -> Status | None:
        """Raises InvalidInput for a payload that was not on offer."""
        payload = turn.inbound.payload
        if payload is None or turn.captured:
            return None
        offers = await run_sync(self._store.offered, turn.conversation.id)
        if payload not in offers:
            raise InvalidInput(problem("not_offered"), field="payload")
        turn.transcript, turn.engine_message = offers[payload], payload
        return None


class Mask:
    """From here on only masked words exist: in the store, in Rasa, in logs, before an agent's eyes."""

    closing = False

    def __init__(self, mask: Masking) -> None:
        self._mask = mask

    async def run(self, turn: Turn) -> Status | None:
        """Raises InvalidInput for a file that nobody took."""
        if turn.inbound.upload and not turn.captured:
            raise InvalidInput(problem("no_place_for_file"), field="file")
        if turn.text is not None and not turn.captured:
            masked = self._mask(turn.text)
            words = self._mask(turn.heard.words) if turn.heard and turn.heard.words else masked
            turn.transcript, turn.engine_message = masked, without_command(words)
        turn.transcript = turn.transcript or say("upload", name=self._mask(_file_name(turn)))
        return None


class Record:
    """Stores what the citizen said before anybody is asked; a retry after a crash doesn't store it twice."""

    closing = False

    def __init__(self, turns: TurnStore) -> None:
        self._turns = turns

    async def run(self, turn: Turn) -> Status | None:
        if turn.citizen_message is None:
            turn.citizen_message = await run_sync(self._turns.record, turn)
        return None


def _file_name(turn: Turn) -> str:
    return turn.inbound.upload.filename[:80] if turn.inbound.upload else "…"
