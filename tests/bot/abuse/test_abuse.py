"""Floods, foreign sites, forged addresses and half-open connections: turned away with a problem, never an error."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.api import connections, middleware
from bot.api.addresses import caller
from bot.api.guards import Crowd
from bot.channels import events
from bot.gateway.limits import RateLimiter
from tests.bot.abuse.support import ALLOWED, CAP, PROBLEM, PROXY, calling, everything, is_problem, raw, told
from tests.bot.serving import Running, Talk, serving
from tests.redis_server import private_redis

# Addresses


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("not an address", "not an address"),
    ],
)
def test_one_household_is_one_caller(address: str, counted: str) -> None:
    assert caller(address) == counted


def test_behind_a_trusted_proxy_each_citizen_has_a_limit_of_their_own(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.context, "new_conversations", RateLimiter(1))

    def opened(address: str, forwarded: str) -> int:
        with calling(running, address) as client:
            return client.post("/api/v1/conversations", json={}, headers={"X-Forwarded-For": forwarded}).status_code

    assert [opened(PROXY, "203.0.113.1"), opened(PROXY, "203.0.113.2"), opened(PROXY, "203.0.113.1")] == [201, 201, 429]
    # What a citizen writes into the header stands left of what the proxy adds, and is not believed.
    assert opened(PROXY, "198.51.100.9, 203.0.113.1") == 429
    # Who isn't a proxy can't give themselves another address.
    assert [opened("127.0.0.3", "203.0.113.8"), opened("127.0.0.3", "203.0.113.9")] == [201, 429]


def test_requests_of_any_kind_are_counted_for_an_address(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running.context, "requests", RateLimiter(3))
    with calling(running, "127.0.0.4") as client:
        assert [client.get("/api/v1/procedures").status_code for _ in range(3)] == [200] * 3
        held = client.get("/nowhere")
        assert is_problem(held, 429) and int(held.headers["retry-after"]) > 0
        assert client.get("/channels/zalo/callback").status_code == 429, "a browser comes there, not the platform"
        assert client.post("/channels/zalo/webhook").status_code != 429
        assert client.get("/healthz/live").status_code == client.get("/metrics").status_code == 200
        assert client.get("/widget/icon.svg").status_code == 200
    with calling(running, "127.0.0.5") as other:
        assert other.get("/api/v1/procedures").status_code == 200


def test_messages_are_counted_for_an_address_too(tmp_path: Path) -> None:
    with serving(tmp_path, engine=False, shipped=False, address_messages_per_minute=2) as service:
        statuses = [service.open().say("😀").status_code for _ in range(4)]
    assert statuses == [200, 200, 429, 429]


# Foreign sites


@pytest.mark.parametrize(
    ("site", "status"),
    [
        (None, 201),
        ("{own}", 201),
        (ALLOWED, 201),
        (ALLOWED.upper(), 201),
        ("https://evil.example", 403),
        ("null", 403),
        (f"{ALLOWED}.evil.example", 403),
        (f"{ALLOWED}:8443", 403),
        (ALLOWED.replace("https", "http"), 403),
        ("http://[", 403),
    ],
)
def test_a_browser_on_a_foreign_site_changes_nothing(running: Running, site: str | None, status: int) -> None:
    headers = {"Origin": site.format(own=running.url)} if site else {}
    with calling(running) as client:
        answer = client.post("/api/v1/conversations", json={}, headers=headers)
    assert answer.status_code == status
    assert status == 201 or is_problem(answer, 403)


def test_a_page_is_not_filled_in_from_a_site_that_may_embed_the_widget(running: Running) -> None:
    with calling(running) as client:
        form = {"slug": "x"}
        assert is_problem(client.post("/forms", data=form, headers={"Origin": ALLOWED}), 403)
        hidden = {"Origin": "null", "Sec-Fetch-Site": "cross-site"}
        assert is_problem(client.post("/forms", data=form, headers=hidden), 403)
        # Our own pages send no referrer, so the browser names no origin.
        assert client.post("/forms", data=form, headers={**hidden, "Sec-Fetch-Site": "same-origin"}).status_code == 404
        assert client.get("/api/v1/procedures", headers={"Origin": "https://evil.example"}).status_code == 200


def test_an_allowed_site_may_read_why_it_was_turned_away(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running.context, "requests", RateLimiter(1))
    with calling(running, "127.0.0.6") as client:
        answers = [client.get("/api/v1/procedures", headers={"Origin": ALLOWED}) for _ in range(2)]
    assert is_problem(answers[1], 429)
    assert answers[1].headers["access-control-allow-origin"] == ALLOWED


def test_one_address_holds_so_many_connections_and_others_get_theirs(running: Running) -> None:
    with ExitStack() as stack:
        lines = [stack.enter_context(raw(running, "127.0.0.20")) for _ in range(CAP)]
        with raw(running, "127.0.0.20") as one_more:
            heard = everything(one_more)
        status, problem = told(heard)
        assert status == problem["status"] == 429 and b"retry-after: 5" in heard.lower()
        with calling(running, "127.0.0.21") as client:
            assert client.get("/healthz/live").status_code == 200
        lines[0].sendall(b"GET /healthz/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert everything(lines[0]).startswith(b"HTTP/1.1 200")
    with calling(running, "127.0.0.20") as client:
        assert client.get("/healthz/live").status_code == 200


def test_the_process_holds_so_many_connections(tmp_path: Path) -> None:
    with serving(tmp_path, engine=False, shipped=False, connections=16) as service, ExitStack() as stack:
        for _ in range(16):
            stack.enter_context(raw(service, "127.0.0.1"))
        with raw(service, "127.0.0.1") as one_more:
            assert told(everything(one_more))[0] == 503


@pytest.mark.parametrize(
    "beginning", [b"", b"\r\n\r\n", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\nX-", b"POST / HTTP/1.1\r\n"]
)
def test_a_head_that_never_ends_is_not_waited_for(
    running: Running, monkeypatch: pytest.MonkeyPatch, beginning: bytes
) -> None:
    monkeypatch.setattr(connections, "_HEAD_S", 0.2)
    with raw(running, "127.0.0.22") as line:
        line.sendall(beginning)
        assert everything(line) == b""


def test_a_second_request_on_the_connection_is_not_waited_for_either(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_HEAD_S", 0.2)
    with raw(running, "127.0.0.23") as line:
        line.sendall(b"GET /healthz/live HTTP/1.1\r\nHost: a\r\n\r\n")
        assert line.recv(65_536).startswith(b"HTTP/1.1 200")
        line.sendall(b"GET /healthz")
        assert b"HTTP/1.1" not in everything(line)


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"a" * 40_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Endless: " + b"a" * 400_000,
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: a\r\n" % number for number in range(6_000)) + b"\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    ids=["long", "endless", "many", "address"],
)
def test_a_large_head_is_refused(running: Running, head: bytes) -> None:
    with raw(running, "127.0.0.24") as line:
        with suppress(ConnectionError):
            line.sendall(head)
        heard = everything(line)
    assert not heard or told(heard)[0] == 431  # the answer is lost where we were still sending


def test_a_body_that_dribbles_in_is_cut_off(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "_BODY_GRACE_S", 0.2)
    head = (
        b"POST /api/v1/conversations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Content-Length: 1000\r\n\r\n"
    )
    with raw(running, "127.0.0.25") as line:
        line.sendall(head + b"{")
        assert told(everything(line))[0] == 408


def test_streams_of_one_address_have_a_limit(running: Running) -> None:
    with calling(running, "127.0.0.26") as client, ExitStack() as stack:
        talks = [client.post("/api/v1/conversations", json={}).json() for _ in range(3)]
        paths = [f"/api/v1/conversations/{talk['id']}/events" for talk in talks]
        headers = [{"Authorization": f"Bearer {talk['token']}"} for talk in talks]
        for path, header in zip(paths[:2], headers, strict=False):
            assert stack.enter_context(client.stream("GET", path, headers=header)).status_code == 200
        assert is_problem(client.get(paths[2], headers=headers[2]), 429)
    with calling(running, "127.0.0.26") as client:
        talk = client.post("/api/v1/conversations", json={}).json()
        assert talk["id"]


def test_a_caller_who_leaves_in_the_middle_is_no_fault_of_ours(talk: Talk) -> None:
    head = f"POST {talk.path}/messages HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {talk.token}\r\n"
    with calling(talk.running) as client:
        before = _counts(client)
        with raw(talk.running, "127.0.0.27") as line:
            line.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
        for _ in range(400):
            if _counts(client)["499"] > before["499"]:
                break
            time.sleep(0.05)
        after = _counts(client)
    assert after["499"] == before["499"] + 1 and after["500"] == before["500"]


def _counts(client: httpx.Client) -> Counter[str]:
    """How many requests the service has answered, by status code."""
    found = re.findall(r'isee_http_request_seconds_count{code="(\d+)",.*} ([\d.]+)', client.get("/metrics").text)
    counted: Counter[str] = Counter()
    for code, number in found:
        counted[code] += int(float(number))
    return counted


# The crowd


async def test_more_than_can_be_answered_at_once_are_told_to_come_again() -> None:
    answered, go = [], asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        kind = b"text/event-stream" if scope["path"] == "/events" else b"text/plain"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        await go.wait()
        await send({"type": "http.response.body", "body": b""})

    async def ask(crowd: Crowd, path: str) -> None:
        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answered.append((path, message["status"], dict(message["headers"])))

        await crowd({"type": "http", "path": path, "method": "GET", "headers": []}, None, send)  # type: ignore[arg-type]

    crowd = Crowd(slow, at_once=2)
    first = [asyncio.create_task(ask(crowd, "/events")) for _ in range(5)]
    await asyncio.sleep(0)
    second = [asyncio.create_task(ask(crowd, "/a")) for _ in range(2)]
    await asyncio.sleep(0)
    await ask(crowd, "/b")
    third = asyncio.create_task(ask(crowd, "/healthz/live"))
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(*first, *second, third)
    await ask(crowd, "/c")
    assert [(path, status) for path, status, _ in answered] == [
        *[("/events", 200)] * 5, *[("/a", 200)] * 2, ("/b", 503), ("/healthz/live", 200), ("/c", 200)]
    refused = next(headers for path, _, headers in answered if path == "/b")
    assert refused[b"content-type"] == PROBLEM.encode() and int(refused[b"retry-after"]) > 0


# Replicas


def test_replicas_share_limits_and_wake_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two services over one database and one Redis. No stream looks by itself here, so only a wake-up can bring what
    the other replica stored."""
    monkeypatch.setattr(events, "_LOOK_EVERY_S", 3_600.0)
    with private_redis() as redis, ExitStack() as stack:
        here, there = (
            stack.enter_context(serving(tmp_path, shipped=False, redis_url=redis.url, messages_per_minute=3))
            for _ in range(2))
        talk = here.open()
        heard: list[str] = []
        ready, done = threading.Event(), threading.Event()

        def listen() -> None:
            with there.http.stream("GET", f"{talk.path}/events", headers=talk.headers) as stream:
                for line in stream.iter_lines():
                    if line.startswith("event: owner"):
                        ready.set()
                    if line.startswith("event: message"):
                        heard.append(line)
                        if len(heard) == 2:
                            done.set()
                            return

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        assert ready.wait(20)
        assert talk.say("khai sinh").status_code == 200
        assert done.wait(20)
        at_the_other = httpx.Client(base_url=there.url, headers=talk.headers, trust_env=False, timeout=20)
        path = f"{talk.path}/messages"
        assert [at_the_other.post(path, json={"text": "khai sinh"}).status_code for _ in range(3)] == [200, 200, 429]
        assert talk.say("khai sinh").status_code == 429
        redis.stop()
        assert talk.say("khai sinh").status_code == 200, "each replica counts by itself while Redis is away"
        listener.join(10)
