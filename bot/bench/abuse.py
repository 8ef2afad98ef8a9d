"""What floods do to the service, while one genuine citizen goes on asking.

    python -m bot.bench.abuse [--seconds 20] [--addresses 200] [--redis redis://…]

Starts the service with its engine and with the limits that it ships with, then one flood after the other from
addresses of 127.0.0.0/8 (Linux). Prints JSON: status codes and memory for each flood, and how the citizen fared
meanwhile. No code of 500 or above but 503 may come up, and the citizen's must all be 200.
"""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import typer

from bot.bench.flood import Target, hold, shoot, slow_head, streams
from bot.bench.measure import percentiles
from bot.bench.processes import resident_mb, service
from common.settings import Settings, get_settings

__all__ = ["Citizen", "main"]

_CITIZEN = "127.0.0.1"  # a trusted proxy by default, so its connections aren't counted; its requests are
_QUESTIONS = ("làm giấy khai sinh cho con cần gì", "lệ phí đăng ký kết hôn", "cấp lại căn cước mất bao lâu")
_PAUSE_S = 1.0
_AT_ONCE = 32
_TALKS = 100
_MEGABYTE = 1_048_576
Flood = Callable[[], Awaitable[Counter[str]]]


class Citizen:
    """Asks a question a second in a conversation of their own, and notes how each was answered."""

    def __init__(self, url: str) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=60, trust_env=False)
        self.stop = asyncio.Event()
        self.codes: Counter[str] = Counter()
        self.times: list[float] = []

    async def ask(self) -> None:
        """Until told to stop, and the last question is answered."""
        opened = await self._opened()
        path, headers = f"/api/v1/conversations/{opened['id']}/messages", {"Authorization": f"Bearer {opened['token']}"}
        while not self.stop.is_set():
            begun = time.perf_counter()
            try:
                answer = await self._client.post(
                    path, json={"text": random.choice(_QUESTIONS)}, headers=headers)  # noqa: S311 - a sample
                self.codes[str(answer.status_code)] += 1
            except httpx.HTTPError as error:
                self.codes[type(error).__name__] += 1
            self.times.append((time.perf_counter() - begun) * 1000)
            with suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE_S):
                    await self.stop.wait()
        await self._client.aclose()

    async def _opened(self) -> dict[str, str]:
        """A conversation; one that is refused counts as a question that was not answered, and is asked for again."""
        while True:
            answer = await self._client.post("/api/v1/conversations", json={})
            if answer.status_code == 201:
                found: dict[str, str] = answer.json()
                return found
            self.codes[str(answer.status_code)] += 1
            await asyncio.sleep(_PAUSE_S)


def _open(url: str) -> tuple[str, str]:
    opened = httpx.post(f"{url}/api/v1/conversations", json={}, trust_env=False).json()
    return f"/api/v1/conversations/{opened['id']}", opened["token"]


async def _repeat(seconds: float, once: Callable[[], Awaitable[str]]) -> Counter[str]:
    """As often as `_AT_ONCE` callers manage in `seconds`; what each was told."""
    told: Counter[str] = Counter()
    until = time.monotonic() + seconds

    async def caller() -> None:
        while time.monotonic() < until:
            told[await once()] += 1

    await asyncio.gather(*(caller() for _ in range(_AT_ONCE)))
    return told


def floods(target: Target, talks: list[tuple[str, str]], seconds: float, addresses: int) -> dict[str, Flood]:
    """By name; each runs for `seconds`. `talks`: conversations that the floods may use, with their tokens."""
    path, token = talks[0]
    bearer = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    everywhere = [f"127.1.{number // 250}.{number % 250 + 1}" for number in range(addresses)]

    def anywhere() -> str:
        return random.choice(everywhere)  # noqa: S311 - a sample

    def posting(address: str | None, where: str, body: bytes, headers: dict[str, str], chunked: bool = False) -> Flood:
        return lambda: _repeat(
            seconds, lambda: shoot(target, address or anywhere(), "POST", where, body, headers, chunked=chunked))

    question = json.dumps({"text": _QUESTIONS[0]}).encode()
    json_only = {"Content-Type": "application/json"}
    form = {**bearer, "Content-Type": "multipart/form-data; boundary=b"}
    return {
        "messages into one conversation": posting("127.0.0.10", f"{path}/messages", question, bearer),
        "conversations from one address": posting("127.0.0.11", "/api/v1/conversations", b"{}", json_only),
        "conversations from many addresses": posting(None, "/api/v1/conversations", b"{}", json_only),
        "searches from one address": lambda: _repeat(
            seconds, lambda: shoot(target, "127.0.0.12", "GET", "/api/v1/search?q=khai%20sinh")),
        "searches from many addresses": lambda: _repeat(
            seconds, lambda: shoot(target, anywhere(), "GET", "/api/v1/search?q=khai%20sinh")),
        "wrong tokens": posting(None, f"{path}/messages", question, {**bearer, "Authorization": "Bearer x"}),
        "foreign site": posting(None, "/api/v1/conversations", b"{}", {**json_only, "Origin": "https://evil.example"}),
        "bodies of 1 MB": posting(None, f"{path}/messages", b" " * _MEGABYTE, bearer),
        "bodies of 1 MB, undeclared": posting(None, f"{path}/messages", b" " * _MEGABYTE, bearer, chunked=True),
        "files of 12 MB": posting(None, f"{path}/messages", b" " * 12 * _MEGABYTE, form, chunked=True),
        "streams from one address": lambda: hold(
            600, lambda number: streams(target, "127.0.0.13", talks[number % len(talks)]), seconds),
        "streams from many addresses": lambda: hold(
            2_000, lambda number: streams(target, everywhere[number % addresses], talks[number % len(talks)]), seconds),
        "heads that never end, one address": lambda: hold(1_000, lambda _: slow_head(target, "127.0.0.14"), seconds),
        "heads that never end, many addresses": lambda: hold(
            3_000, lambda number: slow_head(target, everywhere[number % addresses]), seconds),
    }


async def _measure(url: str, pid: int, seconds: float, addresses: int) -> dict[str, Any]:
    parts = urlsplit(url)
    target = Target(parts.hostname or "", parts.port or 80)
    figures: dict[str, Any] = {"before": {"memory_mb": resident_mb(pid)}}
    talks = [await asyncio.to_thread(_open, url) for _ in range(_TALKS)]
    for name, flood in floods(target, talks, seconds, addresses).items():
        citizen = Citizen(url)
        asking = asyncio.create_task(citizen.ask())
        begun = time.monotonic()
        codes = await flood()
        took = time.monotonic() - begun
        citizen.stop.set()
        await asking
        figures[name] = {
            "codes": dict(codes), "a_second": round(codes.total() / took, 1), "memory_mb": resident_mb(pid),
            "citizen": {"codes": dict(citizen.codes), "ms": percentiles(citizen.times or [0.0])},
        }
        typer.echo(f"{name}: {json.dumps(figures[name])}", err=True)
        await asyncio.sleep(2)
    figures["after"] = {"memory_mb": resident_mb(pid)}
    return figures


def main(
    seconds: Annotated[float, typer.Option(min=1, help="How long each flood lasts.")] = 20.0,
    addresses: Annotated[int, typer.Option(min=1, max=60_000, help="From how many the wide ones come.")] = 200,
    redis: Annotated[str, typer.Option(help="Redis that counts; empty: the process itself.")] = "",
) -> None:
    """Floods a service of its own and prints what came of it."""
    settings: Settings = get_settings()
    shipped = {
        f"ISEE_{name.upper()}": str(Settings.model_fields[name].default)
        for name in ("messages_per_minute", "conversations_per_minute", "address_messages_per_minute",
                     "requests_per_minute")
    }
    with (
        tempfile.TemporaryDirectory(prefix="isee-abuse-") as folder,
        service(settings, Path(folder), {**shipped, "ISEE_REDIS_URL": redis}) as running,
    ):
        typer.echo(json.dumps(asyncio.run(_measure(running.url, running.process.pid, seconds, addresses)), indent=1))


if __name__ == "__main__":
    typer.run(main)
