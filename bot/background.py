"""What the service does beside answering: the outbox's work, every second or so; what a date brings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from anyio.to_thread import run_sync

__all__ = ["due_loop", "outbox_loop"]

_IDLE_S = 1.0
# A guide that counts from midnight is there a minute later at most.
_DUE_EVERY_S = 60.0
_log = structlog.get_logger(__name__)


async def outbox_loop(run_due: Callable[[], int], idle_s: float = _IDLE_S) -> None:
    """Works off what is due, then rests a moment, until cancelled."""
    while True:
        done = 0
        try:
            done = await run_sync(run_due)
        except Exception as error:  # a database that is away for a minute must not end the work for good
            _log.error("outbox_loop_failed", exc_info=error)
        if not done:
            await asyncio.sleep(idle_s)


async def due_loop(run_due: Callable[[], int], every_s: float = _DUE_EVERY_S) -> None:
    """Does what a new day brings, now and then every minute, until cancelled."""
    while True:
        try:
            await run_sync(run_due)
        except Exception as error:  # the next minute is another chance
            _log.error("due_loop_failed", exc_info=error)
        await asyncio.sleep(every_s)
