"""Signed events for tests of the webhook, and the service that takes them. Ids and secrets are made up (SPEC 3.4)."""

from __future__ import annotations

import contextlib
import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from bot.gateway.tables import MessageRow
from bot.zalo.events import load, read
from bot.zalo.model import Event
from bot.zalo.signature import mac
from bot.zalo.tables import ZaloAlarmRow, ZaloEventRow, ZaloUserRow
from tests.bot.serving import Running, serving

APP, OA, USER = "1100220033004400550", "2211003300440055006", "7788009900110022003"
SECRET = "oa-secret-for-tests-only"
SETTINGS = {
    "ZALO_ENABLED": "true", "ZALO_APP_ID": APP, "ZALO_APP_SECRET": "app-secret-for-tests-only", "ZALO_OA_ID": OA,
    "ZALO_OA_SECRET_KEY": SECRET, "ZALO_BASE_URL": "http://127.0.0.1:1", "ZALO_OAUTH_URL": "http://127.0.0.1:1",
}
_numbers = itertools.count(1)

Body = dict[str, Any]


def now_ms() -> str:
    return str(int(time.time() * 1000))


def encoded(body: Body) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def said(text: str = "làm giấy khai sinh", *, user: str = USER, msg_id: str = "", **extra: Any) -> Body:
    """`user_send_text` and, with `event_name` and `message`, anything else that a person sends."""
    body = {
        "app_id": APP, "user_id_by_app": "6600770088009900110", "event_name": "user_send_text", "timestamp": now_ms(),
        "sender": {"id": user}, "recipient": {"id": OA},
        "message": {"msg_id": msg_id or f"m{next(_numbers)}", "text": text}}
    return {**body, **extra}


def attached(name: str, payload: Body, text: str = "", *, user: str = USER, msg_id: str = "") -> Body:
    kind = name.removeprefix("user_send_")
    message: Body = {
        "msg_id": msg_id or f"m{next(_numbers)}", "attachments": [{"type": kind, "payload": payload}]}
    if text:
        message["text"] = text
    return said(user=user, event_name=name, message=message)


def follow(user: str = USER, name: str = "follow") -> Body:
    return {
        "app_id": APP, "oa_id": OA, "user_id_by_app": "6600770088009900110", "event_name": name,
        "source": "oa_profile", "follower": {"id": user}, "timestamp": now_ms()}


def chatnow(user: str = USER) -> Body:
    return {
        "app_id": APP, "oa_id": OA, "user_id": user, "user_id_by_app": "6600770088009900110",
        "event_name": "user_click_chatnow", "timestamp": now_ms()}


def receipt(name: str, message: Body, user: str = USER) -> Body:
    """From the OA's side, as the platform writes receipts and echoes."""
    return {
        "app_id": APP, "event_name": name, "timestamp": now_ms(), "sender": {"id": OA}, "recipient": {"id": user},
        "message": message}


def signature(raw: bytes, stamp: str, *, app: str = APP, secret: str = SECRET) -> dict[str, str]:
    return {"X-ZEvent-Signature": f"mac={mac(app, raw, stamp, secret)}", "Content-Type": "application/json"}


@dataclass
class Hook:
    """The webhook of a running service, and what the database knows."""

    running: Running
    client: httpx.Client

    def post(self, body: Body, **headers: str) -> httpx.Response:
        raw = encoded(body)
        return self.raw(raw, {**signature(raw, str(body.get("timestamp", ""))), **headers})

    def raw(self, content: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.client.post("/channels/zalo/webhook", content=content, headers=headers or {})

    def events(self, **where: Any) -> list[ZaloEventRow]:
        query = select(ZaloEventRow).filter_by(**where).order_by(ZaloEventRow.id)
        with self.running.context.database.session(write=False) as session:
            return list(session.scalars(query))

    def alarms(self) -> dict[str, int]:
        with self.running.context.database.session(write=False) as session:
            return {row.kind: row.count for row in session.scalars(select(ZaloAlarmRow))}

    def user(self, user: str = USER) -> ZaloUserRow | None:
        with self.running.context.database.session(write=False) as session:
            return session.get(ZaloUserRow, user)

    def messages(self, user: str = USER) -> list[tuple[str, str]]:
        """(author, text) of the citizen's conversation."""
        row = self.user(user)
        query = select(MessageRow).where(MessageRow.conversation_id == (row.conversation_id if row else None))
        with self.running.context.database.session(write=False) as session:
            return [(one.author, one.text) for one in session.scalars(query.order_by(MessageRow.id))]

    def settled(self) -> None:
        """Waits until nothing waits in the queue."""
        query = select(func.count()).select_from(ZaloEventRow).where(ZaloEventRow.state == "waiting")

        def empty() -> bool:
            with self.running.context.database.session(write=False) as session:
                return session.scalar(query) == 0

        until(empty)


def until(true: Callable[[], object], seconds: float = 20) -> None:
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, "it did not come about in time"
        time.sleep(0.02)


@contextlib.contextmanager
def hooked(home: Path, settings: dict[str, str] | None = None, **service: Any) -> Iterator[Hook]:
    """The service with the channel switched on."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {**SETTINGS, **(settings or {})}.items():
            environment.setenv(name, value)
        # A busy machine is no fault of the webhook; that it gives up in time has a test of its own.
        environment.setattr("bot.zalo.queue_writing.PATIENCE_S", 20.0)
        with serving(home, **service) as running, httpx.Client(
            base_url=running.url, timeout=20, trust_env=False
        ) as client:
            yield Hook(running, client)


def event_of(body: dict[str, Any]) -> Event:
    """The citizen's event that a platform message is read as."""
    found = read(load(encoded(body)) or {}, oa_id=OA, app_id=APP)
    assert isinstance(found, Event)
    return found
