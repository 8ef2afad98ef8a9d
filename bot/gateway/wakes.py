"""Carries wake-ups between replicas over Redis, so that a stream hears at once what another replica has stored.

Only conversations' ids travel, and only as a hint to look: a lost one costs the few seconds until the next look.
"""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from bot.gateway.hub import EventHub
from bot.gateway.shared import Shared

if TYPE_CHECKING:
    from redis.asyncio.client import PubSub

__all__ = ["Wakes"]

_CHANNEL = "isee:wakes"
# A connection that is silent for so long is asked whether it still lives.
_SILENCE_S = 15.0
_AGAIN_S = 1.0
# Beyond this many at once the rest is left to the streams' own looks.
_MOST = 1_000


class Wakes:
    """Joins one hub to those of the other replicas."""

    def __init__(self, hub: EventHub, shared: Shared) -> None:
        self._hub, self._shared = hub, shared
        self._origin = uuid.uuid4().hex
        self._leaving: set[str] = set()
        self._some = asyncio.Event()
        hub.elsewhere = self._note

    async def run(self) -> None:
        """Sends and hears until cancelled; while Redis is away, tries again and again."""
        sending = asyncio.create_task(self._send(), name="wakes out")
        try:
            while True:
                try:
                    await self._hear()
                except self._shared.away as error:
                    self._shared.gone(error)
                await asyncio.sleep(_AGAIN_S)
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending

    def _note(self, key: str) -> None:
        if len(self._leaving) < _MOST:
            self._leaving.add(key)
            self._some.set()

    async def _send(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            keys, self._leaving = self._leaving, set()
            words = " ".join([self._origin, *keys])
            await self._shared.ask(partial(self._shared.client.publish, _CHANNEL, words))

    async def _hear(self) -> None:
        async with self._shared.client.pubsub() as channel:
            await channel.subscribe(_CHANNEL)
            while True:
                await self._next(channel)

    async def _next(self, channel: PubSub) -> None:
        heard = await channel.get_message(timeout=_SILENCE_S)
        if heard is None:
            await channel.ping()
        elif heard["type"] == "subscribe":  # at the beginning, and whenever the client has reconnected by itself
            self._shared.back()
            self._hub.stir_all()  # what was said while nobody listened
        elif heard["type"] == "message":
            origin, *keys = heard["data"].decode().split(" ")
            if origin != self._origin:
                for key in keys:
                    self._hub.stir(key)
