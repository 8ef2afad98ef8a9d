"""Finds messages whose event never reached us, by asking for the latest chats (SPEC 3.3): the fallback of the webhook.

Off unless ZALO_POLL_MISSED_S is set; the console can have a look taken at any time. What is found goes into the same
queue as events, where a message that is known already is left out.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from anyio.to_thread import run_sync

from bot.zalo.client import ZaloClient
from bot.zalo.events import read
from bot.zalo.model import Event, SendFailed
from bot.zalo.settings import ZaloSettings
from common.clock import utc_now

__all__ = ["Recent", "recent_loop"]

# What is older was answered, or is no longer waited for; keys of events are known for longer than this.
_BACK = timedelta(hours=24)
_NAMES = {"text": "user_send_text", "photo": "user_send_image", "image": "user_send_image"}
_log = structlog.get_logger(__name__)


class Queueing(Protocol):
    """`bot.zalo.queue.EventQueue`."""

    def store(self, events: Sequence[tuple[Event, bytes]]) -> int:
        """Writes events, each key once; how many were new."""


class Recent:
    """Turns the platform's history into events."""

    def __init__(
        self, settings: ZaloSettings, client: ZaloClient, queue: Queueing, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._settings, self._client, self._queue, self._now = settings, client, queue, now

    async def look(self) -> int:
        """How many missed messages were found and queued. Raises SendFailed."""
        found = 0
        for item in await self._client.recent_chats():
            user_id = str(item.get("from_id") or "")
            if user_id and user_id != self._settings.oa_id and await self._queued([item]):
                found += 1 + await self._queued(await self._client.conversation(user_id))
        if found:
            _log.warning("zalo_missed_events", count=found)
        return found

    async def _queued(self, items: Sequence[dict[str, Any]]) -> int:
        events = [event for item in items if (event := self._event(item)) is not None]
        return await run_sync(self._queue.store, events) if events else 0

    def _event(self, item: dict[str, Any]) -> tuple[Event, bytes] | None:
        """The event that should have come for one message of the history; None for others than citizens' words."""
        name, sent = _NAMES.get(str(item.get("type"))), str(item.get("time") or "")
        oldest = (self._now() - _BACK).timestamp() * 1000
        if name is None or str(item.get("from_id")) == self._settings.oa_id or not sent.isdigit() or int(sent) < oldest:
            return None
        message: dict[str, Any] = {"msg_id": str(item.get("message_id") or "")}
        if name == "user_send_text":
            message["text"] = str(item.get("message") or "")
        else:
            payload = {"url": str(item.get("url") or ""), "thumbnail": str(item.get("thumb") or "")}
            message["attachments"] = [{"type": "image", "payload": payload}]
        body = {
            "app_id": self._settings.app_id, "event_name": name, "timestamp": sent, "message": message,
            "sender": {"id": str(item.get("from_id"))}, "recipient": {"id": self._settings.oa_id}}
        event = read(body, oa_id=self._settings.oa_id, app_id=self._settings.app_id)
        raw = json.dumps(body, ensure_ascii=False).encode()
        return (event, raw) if isinstance(event, Event) and event.msg_id else None


async def recent_loop(recent: Recent, every_s: float) -> None:
    """Looks now and then until cancelled; nothing where `every_s` is 0."""
    while every_s > 0:
        await asyncio.sleep(every_s)
        try:
            await recent.look()
        except SendFailed as error:
            _log.warning("zalo_recent_failed", code=error.code)
