"""What may come in: each client id once, and only text that can be read."""

from __future__ import annotations

import re
import unicodedata

from bot.gateway.limits import RateLimiter
from bot.gateway.texts import problem
from bot.gateway.turn import Turn
from common.errors import InvalidInput, TooLarge, TooManyRequests
from common.messages import Status

__all__ = ["Admit", "Deduplicate", "readable", "without_command"]

_ALLOWED_CONTROLS = "\t\n\r"
# Rasa reads a leading "/" as "this is an intent"; look-alikes that a normaliser may turn into one go too.
_COMMAND = re.compile(r"^[\s/\u2044\u2215\uff0f\u29f8\ufe68\u200b-\u200f\u2060\ufeff]+")


class Deduplicate:
    """A client id that is settled already gets its first result, whatever it carries now."""

    closing = False

    async def run(self, turn: Turn) -> Status | None:
        turn.outcome = turn.earlier
        return turn.earlier.status if turn.earlier else None


class Admit:
    """Refuses what is empty, too long, binary or too frequent, each with its own problem document."""

    closing = False

    def __init__(self, longest: int, of_conversation: RateLimiter, of_client: RateLimiter) -> None:
        self._longest, self._of_conversation, self._of_client = longest, of_conversation, of_client

    async def run(self, turn: Turn) -> Status | None:
        """Raises InvalidInput, TooLarge or TooManyRequests."""
        for value in (turn.inbound.text, turn.inbound.payload):
            if value is not None:
                readable(value, self._longest)
        if turn.inbound.text is not None:
            turn.text = without_command(unicodedata.normalize("NFC", turn.inbound.text).strip())
            if not turn.text:
                raise InvalidInput(problem("empty"), field="text")
        await self.count(turn.conversation.id, turn.inbound.client)
        return None

    async def count(self, conversation_id: str, client: str) -> None:
        """Counts one message. Raises TooManyRequests."""
        seconds = await self._of_conversation.wait(conversation_id)
        if not seconds and client:
            seconds = await self._of_client.wait(client)
        if seconds:
            raise TooManyRequests(problem("too_fast", seconds=int(seconds)), retry_after=seconds)

    async def room(self, conversation_id: str) -> None:
        """Raises TooManyRequests where a further message of the conversation would be refused; counts nothing."""
        if seconds := await self._of_conversation.left(conversation_id):
            raise TooManyRequests(problem("too_fast", seconds=int(seconds)), retry_after=seconds)


def readable(text: str, longest: int) -> None:
    """Raises TooLarge or InvalidInput when `text` isn't a message that a person could have typed."""
    if len(text) > longest:
        raise TooLarge(problem("too_long", length=len(text), limit=longest), limit=longest)
    kinds = {unicodedata.category(character) for character in text if character not in _ALLOWED_CONTROLS}
    if kinds & {"Cc", "Cs"}:
        raise InvalidInput(problem("binary"), field="text")
    if kinds <= {"Zs", "Zl", "Zp", "Cf"}:
        raise InvalidInput(problem("empty"), field="text")


def without_command(text: str) -> str:
    """`text` without leading slashes, so that nobody can name an intent by typing it."""
    return _COMMAND.sub("", text)
