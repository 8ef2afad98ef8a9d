"""A thumb up at a citizen's message whose answer takes long, or that waits for a person: "it arrived" (SPEC 5.12).

There is no typing indicator for an OA, and a reaction costs no quota. It is a nicety: it never fails or delays a turn,
and a platform that refuses it is left alone for a while.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from bot.zalo.model import Act, Event, SendFailed

__all__ = ["SLOW_S", "Reactions"]

SLOW_S = 3.0
# A message that waited in the queue for so long already is not answered within this more often than not.
_AT_LEAST_S = 1.0
# Each word to a person is not thumbed up: that would read as if the person agreed, again and again.
_PERSON_EVERY_S = 300.0
_REMEMBERED = 2000
_REFUSED_FOR_S = 3600.0
# Refusals that the next try would meet again.
_FOR_GOOD = (Act.PERMANENT, Act.MENU, Act.ALARM)
_log = structlog.get_logger(__name__)


class Reactions:
    """For one event loop. What was reacted to is remembered in this process: after a restart a repeat may get the same
    thumb once more, which shows as one.

    Args:
        react: `bot.zalo.client.ZaloClient.react`.
        on: the setting ZALO_REACTIONS.
    """

    def __init__(self, react: Callable[[str, str], Awaitable[None]], on: bool) -> None:
        self._react, self._on = react, on
        self._done: OrderedDict[str, float] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._silent_until = float("-inf")

    @asynccontextmanager
    async def while_at(self, event: Event) -> AsyncIterator[None]:
        """Around the work on a message: one that takes longer than three seconds from its sending gets a sign."""
        age = time.time() - event.sent_ms / 1000 if event.sent_ms else 0.0
        timer = asyncio.create_task(self._after(max(_AT_LEAST_S, SLOW_S - max(age, 0.0)), event), name="zalo slow")
        try:
            yield
        finally:
            timer.cancel()

    def for_person(self, event: Event) -> None:
        """A message that nobody answers now, since a person has the conversation: one sign in five minutes."""
        now, last = time.monotonic(), self._done.get(event.subject, float("-inf"))
        if now - last >= _PERSON_EVERY_S:
            self._remember(event.subject)
            self._begin(event)

    async def _after(self, seconds: float, event: Event) -> None:
        await asyncio.sleep(seconds)
        self._begin(event)

    def _begin(self, event: Event) -> None:
        """Reacts beside the turn, once to each message."""
        wanted = self._on and event.msg_id and event.subject and time.monotonic() >= self._silent_until
        if not wanted or event.msg_id in self._done:
            return
        self._remember(event.msg_id)
        task = asyncio.create_task(self._sign(event), name="zalo reaction")
        self._tasks.add(task)  # the loop itself keeps only a weak reference
        task.add_done_callback(self._tasks.discard)

    def _remember(self, key: str) -> None:
        self._done[key] = time.monotonic()
        self._done.move_to_end(key)
        while len(self._done) > _REMEMBERED:
            self._done.popitem(last=False)

    async def _sign(self, event: Event) -> None:
        try:
            await self._react(event.subject, event.msg_id)
        except SendFailed as error:
            if error.act in _FOR_GOOD:
                self._silent_until = time.monotonic() + _REFUSED_FOR_S
            _log.info("zalo_not_reacted", act=str(error.act), code=error.code)
        except Exception as error:  # whatever it is, the turn goes on
            _log.warning("zalo_not_reacted", error=type(error).__name__)
