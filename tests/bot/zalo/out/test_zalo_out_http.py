"""The callback of the consent as a browser meets it, and missed messages found by asking (SPEC 3.3, 5.1)."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import httpx
from fastapi import FastAPI

from bot.channels.zalo_consent import router
from bot.zalo.alarms import Alarms
from bot.zalo.client_recent import Recent
from bot.zalo.queue import EventQueue
from common.clock import utc_now
from tests.bot.zalo.fake_platform import OA, USER, Platform
from tests.bot.zalo.out_parts import KEYRING, Desk


def browser(desk: Desk) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(router)
    zalo = SimpleNamespace(settings=desk.platform.settings(), consent=desk.out.consent)
    app.state.context = SimpleNamespace(zalo=zalo)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://isee.example")


async def test_the_callback_says_how_it_went(platform: Platform, desk: Desk) -> None:
    state = parse_qs(urlsplit(desk.out.consent.begin("lan")).query)["state"][0]
    query = {"code": "the-code", "oa_id": OA, "state": state}
    async with browser(desk) as web:
        good = await web.get("/channels/zalo/callback", params=query)
        again = await web.get("/channels/zalo/callback", params=query)
        bare = await web.get("/channels/zalo/callback")
        forged = await web.get("/channels/zalo/callback", params={**query, "state": "<script>"})
        platform.then("/v4/oa/access_token", {"error": -14003, "error_name": "x"})
        state = parse_qs(urlsplit(desk.out.consent.begin("lan")).query)["state"][0]
        refused = await web.get("/channels/zalo/callback", params={**query, "state": state})
    assert good.status_code == 200 and "Đã kết nối" in good.text and good.headers["cache-control"] == "no-store"
    assert good.headers["referrer-policy"] == "no-referrer"
    for page in (again, bare, forged, refused):
        assert page.status_code == 400 and 'role="alert"' in page.text
        assert "the-code" not in page.text and "<script>" not in page.text
    assert "-14003" in refused.text and "30 phút" in again.text
    assert desk.out.keeper._store.standing().access == "access-2"


def chat(message_id: str, text: str, *, age: timedelta = timedelta(minutes=5), sender: str = USER) -> dict[str, str]:
    moment = str(int((utc_now() - age).timestamp() * 1000))
    return {
        "src": "1", "time": moment, "type": "text", "message": text, "message_id": message_id, "from_id": sender,
        "to_id": OA if sender != OA else USER}


async def test_missed_messages_are_found_once(platform: Platform, desk: Desk) -> None:
    queue = EventQueue(desk.database, KEYRING, Alarms(desk.database))
    recent = Recent(platform.settings(), desk.out.client, queue)
    chats = [chat("m3", "ba"), chat("o1", "của OA", sender=OA), {"odd": True}, chat("s1", "", sender="5") | {
        "type": "sticker"}]
    whole = [chat("m3", "ba"), chat("m2", "hai"), chat("o0", "của OA", sender=OA), chat(
        "m1", "cũ", age=timedelta(hours=30))]
    for _ in range(2):
        platform.then("/v2.0/oa/listrecentchat", {"error": 0, "data": chats})
        platform.then("/v2.0/oa/conversation", {"error": 0, "data": whole})
    assert await recent.look() == 2
    assert await recent.look() == 0
    with desk.database.session(write=False) as session:
        from bot.zalo.tables import ZaloEventRow

        rows = list(session.query(ZaloEventRow))
    assert {row.name for row in rows} == {"user_send_text"} and {row.subject for row in rows} == {USER}
    assert all(row.sealed and b"hai" not in row.sealed for row in rows)
