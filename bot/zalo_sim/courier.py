"""Delivers events to the webhook as the platform does: signed, in order, repeated when they fail, and in the end not
at all. Repeats come after 30 s, 5 min, 15 min, 30 min and 1 h of its time, which runs `speed` times faster."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.zalo.signature import mac
from bot.zalo_sim.events import encoded
from bot.zalo_sim.faults import Faults
from bot.zalo_sim.world import World

__all__ = ["Courier", "Delivery"]

LADDER_S = (30, 300, 900, 1800, 3600)
_ANSWER_WITHIN_S = 2.0
_KEPT = 300
_GATHER_S = 0.4


@dataclass
class Delivery:
    """One event on its way. `status` is the last answer's, 0 for none; `state` one of the words of `world.yml`."""

    name: str
    raw: bytes
    stamp: str
    signed: bool = True
    genuine: bool = True
    tries: int = 0
    status: int = 0
    state: str = "waiting"
    took_ms: int = 0
    at: float = field(default_factory=time.time)


class Courier:
    """One worker on a heap of what is due. Everything runs in one event loop."""

    def __init__(self, world: World, faults: Callable[[], Faults], url: str, speed: float = 60.0) -> None:
        self.url, self.log = url, deque[Delivery](maxlen=_KEPT)
        self._world, self._faults, self._speed = world, faults, speed
        self._due: list[tuple[float, int, Delivery]] = []
        self._order, self._at_work = itertools.count(), 0
        self._wake = asyncio.Event()
        self._client = httpx.AsyncClient(timeout=_ANSWER_WITHIN_S, trust_env=False)

    def post(self, body: dict[str, Any]) -> None:
        """Queues an event, as often and as late as the faults say."""
        faults = self._faults()
        if self._world.webhook_off or faults.take("skip_next"):
            return
        name, stamp = str(body["event_name"]), str(body["timestamp"])
        if faults.forge:
            forged = {**body, "message": {**body.get("message", {}), "text": "tin giả mạo"}}
            self._queue(Delivery(name, encoded(forged), stamp, genuine=False))
        for _ in range(faults.duplicate):
            self._queue(Delivery(name, encoded(body), stamp), faults.late_events_s)

    async def probe(self) -> int:
        """The unsigned `{}` with which the platform tests an address; the status of its answer, 0 for none."""
        delivery = Delivery("{}", b"{}", "", signed=False)
        self.log.appendleft(delivery)
        await self._send(delivery)
        delivery.state = "ok" if delivery.status == 200 else "refused"
        return delivery.status

    async def raw(self, content: bytes, headers: dict[str, str]) -> int:
        """Any bytes under any headers; the status of the answer, 0 for none."""
        try:
            return (await self._client.post(self.url, content=content, headers=headers)).status_code
        except httpx.HTTPError:
            return 0

    def waiting(self) -> int:
        """Events that are due, or on their way."""
        return len(self._due) + self._at_work

    async def loop(self) -> None:
        """Delivers until cancelled."""
        while True:
            # Cleared before looking: what is queued from here on is seen by the next look.
            self._wake.clear()
            pause = self._due[0][0] - time.monotonic() if self._due else None
            if pause is None or pause > 0:
                # Not wait_for: it can swallow a cancellation that comes together with the signal (Python 3.11).
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._wake.wait()
                continue
            ready = await self._ready()
            for left, delivery in zip(range(len(ready), 0, -1), ready, strict=True):
                self._at_work = left
                await self._deliver(delivery)
            self._at_work = 0

    async def close(self) -> None:
        await self._client.aclose()

    def _queue(self, delivery: Delivery, after_s: float = 0) -> None:
        if delivery not in self.log:
            self.log.appendleft(delivery)
        heapq.heappush(self._due, (time.monotonic() + after_s, next(self._order), delivery))
        self._wake.set()

    async def _ready(self) -> list[Delivery]:
        """What is due, in order; latest first after a moment's wait where events are shuffled."""
        if not self._faults().shuffle:
            self._at_work = 1
            return [heapq.heappop(self._due)[2]]
        await asyncio.sleep(_GATHER_S)
        ready = []
        while self._due and self._due[0][0] <= time.monotonic():
            ready.append(heapq.heappop(self._due)[2])
        return ready[::-1]

    async def _deliver(self, delivery: Delivery) -> None:
        await self._send(delivery)
        if delivery.status == 200:
            delivery.state = "ok"
        elif not delivery.genuine:
            delivery.state = "refused"
        elif delivery.tries <= len(LADDER_S):
            self._queue(delivery, LADDER_S[delivery.tries - 1] / self._speed)
        else:
            delivery.state = "given_up"
            self._world.webhook_off = True
            self._world.save()

    async def _send(self, delivery: Delivery) -> None:
        started = time.perf_counter()
        headers = {"Content-Type": "application/json"}
        account = self._world.account
        if delivery.signed:
            secret = account.oa_secret_key if delivery.genuine else "not the secret"
            headers["X-ZEvent-Signature"] = f"mac={mac(account.app_id, delivery.raw, delivery.stamp, secret)}"
        if delivery.tries:
            headers["num_retry"] = str(delivery.tries)
        delivery.tries += 1
        delivery.status = await self.raw(delivery.raw, headers)
        delivery.took_ms = round((time.perf_counter() - started) * 1000)
