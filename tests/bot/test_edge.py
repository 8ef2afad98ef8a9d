"""What holds a place gives it back: half-sent bodies, readers who take nothing, streams that never began; HEAD; a
start that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.requests import ClientDisconnect

from bot import app as application
from bot.access.model import Role
from bot.api import guards, middleware, streams
from bot.api.guards import Crowd
from bot.channels import zalo_webhook
from bot.context import Context
from common.settings import Settings
from tests.bot.abuse.support import everything, raw
from tests.bot.serving import serving
from tests.bot.test_console import PASSWORD, sign_in
from tests.bot.zalo.incoming import Hook, encoded, hooked, said, signature


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hook]:
    with hooked(
        tmp_path_factory.mktemp("home"), {"ZALO_VERIFY_CODE": "Ab_1-cd"}, engine=False, shipped=False,
        requests_at_once=16,
    ) as running:
        yield running


# HEAD


@pytest.mark.parametrize("path", [
    "/", "/chat", "/chat/chat.css", "/healthz/live", "/healthz/ready", "/metrics", "/widget/isee-chat.js",
    "/widget/icon.svg", "/zalo_verifierAb_1-cd.html", "/console/login", "/centres"])
def test_head_is_get_without_the_body(hook: Hook, path: str) -> None:
    head, whole = hook.client.head(path), hook.client.get(path)
    assert (head.status_code, head.content) == (200, b"") and whole.content
    assert head.headers["content-type"] == whole.headers["content-type"]


def test_head_of_what_is_given_once_or_never_ends_is_refused(hook: Hook) -> None:
    for path in ("/api/v1/conversations/x/events", "/login/oidc/callback", "/papers/x/y"):
        assert hook.client.head(path).status_code == 405


# Half-sent bodies


def half_sent(hook: Hook, path: str, address: str, sent: bytes = b"{") -> Any:
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"

    @contextmanager
    def held() -> Iterator[Any]:
        with raw(hook.running, address) as line:
            line.sendall(head.encode() + sent)
            yield line

    return held()


def test_half_sent_bodies_take_nobodys_place(hook: Hook) -> None:
    with ExitStack() as stack:
        for number in range(20):
            stack.enter_context(half_sent(hook, "/api/v1/conversations", f"127.0.0.{60 + number}"))
        assert [hook.client.get("/api/v1/procedures").status_code for _ in range(3)] == [200] * 3


def test_half_sent_events_keep_no_genuine_one_out(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zalo_webhook, "_LONG_BYTES_AT_ONCE", 50_000)
    monkeypatch.setattr(zalo_webhook, "_BODY_S", 2.0)
    with ExitStack() as stack:
        lines = [
            stack.enter_context(half_sent(hook, zalo_webhook.PATH, "127.0.0.70", b"x" * 40_000)) for _ in range(4)]
        assert hook.post(said("đúng lúc", msg_id="amid")).status_code == 200
        raw_body = encoded(said("dài" + "x" * 60_000))
        crowded = hook.raw(raw_body, signature(raw_body, "1"))
        told = sorted(everything(line).split(b" ")[1] for line in lines)
    # Who holds too much is refused at once, who says nothing more when the time is over.
    assert crowded.status_code in (401, 503) and set(told) == {b"408", b"503"}
    assert hook.raw(b"{}").status_code == 200


async def test_long_bodies_share_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "_LONG_BYTES_AT_ONCE", 150_000)
    answered: list[int] = []
    go = asyncio.Event()

    async def reading(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    limit = middleware.BodyLimit(
        reading, json_bytes=200_000, upload_bytes=200_000, action_bytes=200_000, import_bytes=200_000)

    async def post(size: int) -> None:
        async def receive() -> Any:
            return {"type": "http.request", "body": b"x" * size, "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answered.append(message["status"])

        await limit({"type": "http", "path": "/a", "method": "POST", "headers": []}, receive, send)

    held = asyncio.create_task(post(190_000))
    await asyncio.sleep(0)
    await post(190_000)
    assert answered == [503]
    go.set()
    await asyncio.gather(held, post(1_000), post(60_000))
    await post(190_000)
    assert answered == [503, 200, 200, 200, 200], "short ones pass, and the place was given back"


# Readers who take nothing


async def never(*_message: Any) -> Any:
    await asyncio.sleep(3600)


async def test_a_reader_who_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "_SLOWEST_READ_S", 0.05)

    async def answering(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    crowd = Crowd(answering, at_once=1)
    for _ in range(2):
        with pytest.raises(ClientDisconnect):
            await crowd({"type": "http", "path": "/a", "method": "GET", "headers": []}, never, never)  # type: ignore[arg-type]


async def test_a_stream_gives_its_place_back_however_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_SEND_S", 0.05)

    async def events() -> Any:
        yield {"data": "x"}

    left: list[str] = []
    place = ExitStack()
    place.callback(left.append, "left")
    scope = {"type": "http", "path": "/a", "method": "GET", "headers": []}
    with pytest.raises(ClientDisconnect):
        await streams.HeldStream(events(), place)(scope, never, never)  # type: ignore[arg-type]
    assert left == ["left"]


async def test_a_stream_that_listens_for_its_end_holds_no_place() -> None:
    go = asyncio.Event()

    async def stream(scope: Any, receive: Any, send: Any) -> None:
        kind = b"text/event-stream" if scope["path"] == "/events" else b"text/plain"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        await receive()  # as a streaming answer does, to hear that the caller has gone
        if kind == b"text/event-stream":
            await go.wait()

    told: list[int] = []

    async def ask(path: str) -> None:
        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            told.append(message["status"]) if message["type"] == "http.response.start" else None

        await crowd({"type": "http", "path": path, "method": "GET", "headers": []}, receive, send)

    crowd = Crowd(stream, at_once=1)
    held = []
    for _ in range(3):
        held.append(asyncio.create_task(ask("/events")))
        await asyncio.sleep(0.01)
    await ask("/a")
    go.set()
    await asyncio.gather(*held)
    assert told == [200] * 4


# Desk streams


def test_desk_streams_of_one_account_have_a_limit(tmp_path: Path) -> None:
    with serving(tmp_path, engine=False, shipped=False) as running, ExitStack() as stack:
        running.context.accounts.add("lan", Role.AGENT, PASSWORD)
        running.context.accounts.add("minh", Role.AGENT, PASSWORD)
        lan, minh = sign_in(running, "lan"), sign_in(running, "minh")

        def opened(client: httpx.Client) -> int:
            return stack.enter_context(client.stream("GET", "/console/desk/events")).status_code

        assert [opened(lan) for _ in range(9)] == [200] * 8 + [429]
        assert opened(minh) == 200


# A start that fails


async def test_a_start_that_fails_ends_what_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []

    async def end(name: str) -> None:
        ended.append(name)
        if name == "process":
            raise OSError("it won't end")

    def broken() -> None:
        raise RuntimeError("the database is locked")

    context = SimpleNamespace(
        turns=SimpleNamespace(clear_leases=broken), hub=SimpleNamespace(close=lambda: ended.append("hub")),
        engine_process=SimpleNamespace(stop=lambda: end("process")), shared=None,
        engine=SimpleNamespace(close=lambda: end("engine")), close=lambda: ended.append("context"))

    def made(_settings: Settings) -> Context:
        return context  # type: ignore[return-value]

    service = application.create_app(Settings(_env_file=None), made)
    with pytest.raises(RuntimeError, match="locked"):
        async with service.router.lifespan_context(service):
            pass
    assert ended == ["hub", "process", "engine", "context"]


async def test_a_part_that_fell_over_keeps_none_from_being_ended() -> None:
    ended: list[str] = []

    async def end(name: str) -> None:
        ended.append(name)

    async def fell() -> None:
        raise ValueError("a bug")

    context: Any = SimpleNamespace(
        hub=SimpleNamespace(close=lambda: None), engine_process=SimpleNamespace(stop=lambda: end("process")),
        engine=SimpleNamespace(close=lambda: end("engine")), shared=None, close=lambda: ended.append("context"))
    task = asyncio.create_task(fell())
    await asyncio.sleep(0)
    await application._stop(context, [task])
    assert ended == ["process", "engine", "context"]


def test_the_cookie_of_the_chat_page_is_this_hosts_alone_over_https(tmp_path: Path) -> None:
    with serving(tmp_path, engine=False, shipped=False, public_url="https://isee.example") as running:
        first = running.http.get("/chat")
        cookie = next(one for one in first.headers.get_list("set-cookie") if "isee_chat=" in one)
        assert cookie.startswith("__Host-isee_chat=") and "Path=/;" in cookie and "Secure" in cookie
        assert "Domain" not in cookie
        sealed = cookie.partition("=")[2].partition(";")[0]

        def erasing(name: str) -> int:
            return httpx.get(
                f"{running.url}/chat/erase", headers={"Cookie": f"{name}={sealed}"}, trust_env=False).status_code

        assert erasing("__Host-isee_chat") == 200
        assert erasing("isee_chat") == 303, "a cookie that a sibling site may have set is not looked at"
