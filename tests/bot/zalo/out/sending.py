"""What tests of sending share: what the platform was sent, time that passes, and echoes."""

from __future__ import annotations

import httpx

from bot.zalo.echo_match import matched
from bot.zalo.model import Event
from tests.bot.zalo.fake_platform import OA, USER, Platform
from tests.bot.zalo.out_parts import Desk

CS = "/v3.0/oa/message/cs"
BUTTONS = {
    "kind": "buttons",
    "body": {"text": "Chọn", "attachment": {"type": "template", "payload": {"buttons": [
        {"title": "Một", "type": "oa.query.hide", "payload": "#qn:9f2c41d0"}]}}}}


def texts(platform: Platform) -> list[str]:
    return [message.get("text", "") for message in platform.sent()]


def kinds(desk: Desk) -> set[str]:
    return {alarm.kind for alarm in desk.alarms.open()}


async def rounds(desk: Desk, count: int = 8) -> None:
    """Works as time passes: everything that waits becomes due again and again."""
    for _ in range(count):
        await desk.out.sender.work()
        desk.due_now()


def short_timeout(desk: Desk) -> None:
    desk.out.wire._client()._timeout = httpx.Timeout(0.3)


def echo(text: str = "", *, name: str = "oa_send_text", msg_id: str = "echo-1", admin: str = "") -> Event:
    message = {"msg_id": msg_id, **({"text": text} if text else {})}
    return Event(name, f"{msg_id}|{name}", USER, OA, 0, msg_id, admin, message)


def take(desk: Desk, event: Event) -> bool:
    with desk.database.session() as session:
        return matched(session, event)
