"""Delivery of the simulator's callbacks to iSee, well or badly as the faults say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx

from bot.simulator.faults import Faults
from bot.simulator.store import Store
from common.signatures import Signer

__all__ = ["Callbacks"]

_EVERY_S = 0.5


class Callbacks:
    """Sends what iSee has not acknowledged; what fails is tried again in the next round."""

    def __init__(self, store: Store, faults: Callable[[], Faults], signer: Signer, isee_url: str) -> None:
        self._store = store
        self._faults = faults
        self._signer = signer
        self._forger = Signer(signer.key, b"not the secret, as a stranger would have it")
        self._url = isee_url.rstrip("/")
        self._client = httpx.AsyncClient(timeout=10)
        self._busy = asyncio.Lock()

    async def loop(self) -> None:
        """Delivers in the background until cancelled."""
        while True:
            if self._faults().callbacks == "auto":
                await self.flush()
            await asyncio.sleep(_EVERY_S)

    async def flush(self) -> list[dict[str, Any]]:
        """One round; what each delivery was answered."""
        async with self._busy:
            faults = self._faults()
            if faults.callbacks == "off":
                return []
            events = self._store.undelivered()
            told = []
            for event in reversed(events) if faults.shuffle else events:
                told += await self._deliver(event, faults)
            return told

    async def close(self) -> None:
        await self._client.aclose()

    async def _deliver(self, event: dict[str, Any], faults: Faults) -> list[dict[str, Any]]:
        told = []
        if faults.forge:
            forged = {**event, "event_id": f"forged-{event['event_id']}"[:64], "state": "TU_CHOI", "note": "giả mạo"}
            told.append(await self._post(forged, self._forger))
        for _ in range(faults.repeat):
            told.append(await self._post(event, self._signer))
        if told[-1]["status"] == 200:
            self._store.delivered(event["event_id"])
        return told

    async def _post(self, event: dict[str, Any], signer: Signer) -> dict[str, Any]:
        target = f"/api/v1/partner/dossiers/{event['reference']}/events"
        body = json.dumps(event, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", **signer.headers("POST", target, body)}
        said = {"event_id": event["event_id"], "status": 0, "outcome": ""}
        try:
            answer = await self._client.post(self._url + target, content=body, headers=headers)
        except httpx.HTTPError as error:
            return {**said, "outcome": type(error).__name__}
        outcome = answer.json().get("outcome", "") if answer.is_success else ""
        return {**said, "status": answer.status_code, "outcome": outcome}
