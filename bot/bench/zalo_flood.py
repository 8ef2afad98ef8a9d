"""A flood at the Zalo webhook of a real service: so many signed events a second, repeats and forgeries among them.

    python -m bot.bench.zalo_flood [--rate 500] [--seconds 60] [--malformed 10000]

Genuine events are mostly receipts, as on a busy day, and some words of citizens; each is looked for in the database
afterwards: lost is what was answered with 200 and isn't there. Latencies count from when an event was due to be sent.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import sqlite3
import statistics
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import typer

from bot.bench.processes import Running, resident_mb, service
from bot.zalo.signature import mac
from common.settings import get_settings

__all__ = ["Flood", "events", "malformed"]

_APP, _OA, _SECRET = "1100220033004400550", "2211003300440055006", "oa-secret-of-the-bench"
_SETTINGS = {
    "ZALO_ENABLED": "true", "ZALO_APP_ID": _APP, "ZALO_APP_SECRET": "app-secret-of-the-bench", "ZALO_OA_ID": _OA,
    "ZALO_OA_SECRET_KEY": _SECRET, "ZALO_BASE_URL": "http://127.0.0.1:1", "ZALO_OAUTH_URL": "http://127.0.0.1:1",
}
_CONNECTIONS = 64
_CITIZENS = 200
_PATIENCE_S = 5.0
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)")
# Shares of what comes in: words, events seen before, forgeries; the rest are receipts.
_WORDS, _REPEATED, _FORGED = 0.02, 0.05, 0.05


@dataclass(frozen=True)
class Shot:
    """One request; `key` is what a genuine event is kept under, "" for what must not be kept."""

    raw: bytes
    headers: dict[str, str]
    key: str = ""


Request = tuple[bytes, str]
"""A request as it goes over the line, and the key of its shot."""


@dataclass
class Flood:
    """What came of the requests; `late_ms` by how each was answered."""

    codes: Counter[str] = field(default_factory=Counter)
    late_ms: list[float] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)
    seconds: float = 0.0


def events(count: int, seed: int = 1, words: float = _WORDS) -> Iterator[Shot]:
    """Genuine events of many citizens, with repeats and forgeries among them."""
    chance, earlier = random.Random(seed), deque[Shot](maxlen=500)  # noqa: S311 - a workload, no secret
    for number in range(count):
        drawn = chance.random()
        if earlier and drawn < _REPEATED:
            again = chance.choice(earlier)
            yield Shot(again.raw, {**again.headers, "num_retry": "1"}, again.key)
            continue
        citizen = str(7_700_000_000_000_000_000 + chance.randrange(_CITIZENS))
        spoken = drawn > 1 - words
        name = "user_send_text" if spoken else chance.choice(["user_received_message", "user_seen_message"])
        message: dict[str, Any] = {"msg_id": f"flood-{seed}-{number}"}
        if spoken:
            message["text"] = chance.choice(["làm giấy khai sinh", "lệ phí bao nhiêu", "nộp ở đâu", "xin chào"])
        ours, theirs = {"id": _OA}, {"id": citizen}
        stamp = str(int(time.time() * 1000))
        raw = json.dumps({
            "app_id": _APP, "event_name": name, "timestamp": stamp, "sender": theirs if spoken else ours,
            "recipient": ours if spoken else theirs, "message": message}, ensure_ascii=False).encode()
        forged = _REPEATED <= drawn < _REPEATED + _FORGED
        signature = mac(_APP, raw, stamp, "guessed" if forged else _SECRET)
        key = "" if forged else sha256(f"{message['msg_id']}|{name}".encode()).hexdigest()
        shot = Shot(raw, {"X-ZEvent-Signature": f"mac={signature}"}, key)
        if not forged:
            earlier.append(shot)
        yield shot


def malformed(count: int, seed: int = 2) -> Iterator[Shot]:
    """Whatever is no event: broken JSON, bombs, wrong types, noise; some correctly signed."""
    chance = random.Random(seed)  # noqa: S311 - a workload, no secret
    shapes = [
        b"", b"{}", b"null", b"[]", b"{", b"\xff\xfe\x00", b"[" * 50_000, b'{"a":' * 10_000, b"9" * 20_000,
        b'{"event_name":[1],"timestamp":{},"sender":"x"}', b'{"event_name":"user_send_text","message":[]}',
        b'{"event_name":"user_send_text","sender":{"id":1e400},"recipient":{"id":null},"timestamp":"1"}',
    ]
    for _ in range(count):
        raw = chance.choice(shapes) if chance.random() < 0.8 else chance.randbytes(chance.randrange(2000))
        signed = chance.random() < 0.3
        header = mac(_APP, raw, "", _SECRET) if signed else "0" * 64
        yield Shot(raw, {"X-ZEvent-Signature": f"mac={header}"} if chance.random() < 0.9 else {})


async def shoot(url: str, shots: Iterator[Shot], rate: float) -> Flood:
    """Sends them at `rate` a second, whether or not earlier ones were answered. They are written beforehand: what
    making them costs shall not be taken from the service that shares the machine."""
    flood, waiting = Flood(), asyncio.Queue[tuple[float, Request]]()
    host = urlsplit(url).netloc
    written = [(_written(shot, host), shot.key) for shot in shots]
    senders = [asyncio.create_task(_sender(url, waiting, flood)) for _ in range(_CONNECTIONS)]
    begun = time.perf_counter()
    for number, shot in enumerate(written):
        due = begun + number / rate
        if (pause := due - time.perf_counter()) > 0:
            await asyncio.sleep(pause)
        waiting.put_nowait((due, shot))
    await waiting.join()
    flood.seconds = time.perf_counter() - begun
    for sender in senders:
        sender.cancel()
    await asyncio.gather(*senders, return_exceptions=True)
    return flood


async def _sender(url: str, waiting: asyncio.Queue[tuple[float, Request]], flood: Flood) -> None:
    """One connection that is kept open; plain HTTP/1.1, since a client library would need more CPU than the service."""
    parts = urlsplit(url)
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    while True:
        due, (request, key) = await waiting.get()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                streams = streams or await asyncio.open_connection(parts.hostname, parts.port)
                code, kept = await _exchange(*streams, request)
            if not kept:
                streams[1].close()
                streams = None
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            code, streams = type(error).__name__, None
        flood.codes[code] += 1
        flood.late_ms.append((time.perf_counter() - due) * 1000)
        if code == "200" and key:
            flood.accepted.add(key)
        waiting.task_done()


def _written(shot: Shot, host: str) -> bytes:
    given = "".join(f"{name}: {value}\r\n" for name, value in shot.headers.items())
    head = (
        f"POST /channels/zalo/webhook HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(shot.raw)}\r\n{given}\r\n")
    return head.encode() + shot.raw


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[str, bool]:
    """The status of the answer, and whether the connection stays open."""
    writer.write(request)
    answer = (await reader.readuntil(b"\r\n\r\n")).lower()
    if length := _LENGTH.search(answer):
        await reader.readexactly(int(length[1]))
    return answer[9:12].decode(), b"connection: close" not in answer


def _cpu_s(pid: int) -> float:
    """Processor seconds that a process has used (Linux: /proc)."""
    used = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")


def report(flood: Flood) -> dict[str, Any]:
    late = sorted(flood.late_ms)
    return {
        "requests": sum(flood.codes.values()),
        "a_second": round(sum(flood.codes.values()) / flood.seconds, 1),
        "codes": dict(sorted(flood.codes.items())),
        "ms": {
            "median": round(statistics.median(late), 1), "p95": round(late[int(len(late) * 0.95)], 1),
            "p99": round(late[int(len(late) * 0.99)], 1), "worst": round(late[-1], 1)},
    }


def _stored(database: Path) -> set[str]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return {key for (key,) in connection.execute("SELECT key FROM zalo_events")}


def _measured(running: Running, shots: Iterator[Shot], rate: float) -> tuple[Flood, dict[str, Any]]:
    pid, generator = running.process.pid, os.getpid()
    before = _cpu_s(pid), _cpu_s(generator)
    flood = asyncio.run(shoot(running.url, shots, rate))
    figures = report(flood)
    count = figures["requests"]
    figures["cpu_ms_each"] = {
        "service": round((_cpu_s(pid) - before[0]) * 1000 / count, 3),
        "generator": round((_cpu_s(generator) - before[1]) * 1000 / count, 3)}
    return flood, figures


def main(
    rate: Annotated[float, typer.Option(help="Events a second.")] = 500,
    seconds: Annotated[float, typer.Option(help="For how long.")] = 60,
    malformed_events: Annotated[int, typer.Option("--malformed", help="Malformed events afterwards.")] = 10_000,
    words: Annotated[float, typer.Option(help="Share of citizens' words; each is a turn of the dialogue.")] = _WORDS,
    settle_s: Annotated[float, typer.Option(help="Longest wait for the queue to be worked off.")] = 120,
) -> None:
    """Prints one JSON object."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with service(get_settings(), home, _SETTINGS) as running:
            asyncio.run(shoot(running.url, events(200, seed=0), 50))  # warm
            memory = {"before_mb": resident_mb(running.process.pid)}
            flood, figures = _measured(running, events(int(rate * seconds), words=words), rate)
            memory["after_flood_mb"] = resident_mb(running.process.pid)
            _, noise = _measured(running, malformed(malformed_events), rate)
            memory["after_malformed_mb"] = resident_mb(running.process.pid)
            begun = time.monotonic()
            while (left := _health(running)["waiting"]) and time.monotonic() - begun < settle_s:
                time.sleep(1)
            memory["after_settling_mb"] = resident_mb(running.process.pid)
            state = _health(running)
        lost = len(flood.accepted - _stored(home / "isee.db"))
    typer.echo(json.dumps({
        "flood": figures, "malformed": noise, "genuine": len(flood.accepted), "lost": lost, "memory": memory,
        "settling": {"seconds": round(time.monotonic() - begun, 1), "waiting": left, "dead": state["dead"]}}, indent=1))


def _health(running: Running) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{running.url}/channels/zalo/health", timeout=30, trust_env=False).json()
    return found


if __name__ == "__main__":
    typer.run(main)
