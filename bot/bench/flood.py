"""Callers who mean harm, as cheap as possible, so that the service and not they are what is measured."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

__all__ = ["Target", "hold", "shoot", "slow_head", "streams"]

_LONGEST_S = 60.0
_CHUNK = 64 * 1024


class Target(NamedTuple):
    host: str
    port: int


@asynccontextmanager
async def _line(target: Target, address: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(target.host, target.port, local_addr=(address, 0))
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def shoot(
    target: Target, address: str, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None,
    *, chunked: bool = False,
) -> str:
    """One request from `address` on a connection of its own: the status code, or the name of what went wrong."""
    extent = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(len(body))}
    lines = [f"{method} {path} HTTP/1.1", f"Host: {target.host}:{target.port}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in {**(headers or {}), **extent}.items()]
    head = "\r\n".join(lines).encode() + b"\r\n\r\n"
    try:
        async with asyncio.timeout(_LONGEST_S), _line(target, address) as (reader, writer):
            sending = asyncio.create_task(_send(writer, head, body, chunked))
            status = await reader.readline()
            sending.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await sending
    except (OSError, TimeoutError) as error:
        return type(error).__name__
    return status.split()[1].decode() if status else "closed"


async def _send(writer: asyncio.StreamWriter, head: bytes, body: bytes, chunked: bool) -> None:
    writer.write(head)
    for begin in range(0, len(body), _CHUNK):
        part = body[begin:begin + _CHUNK]
        writer.write(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
        await writer.drain()
    if chunked:
        writer.write(b"0\r\n\r\n")
    await writer.drain()


async def streams(target: Target, address: str, talk: tuple[str, str]) -> str:
    """Opens an event stream and holds it until cancelled; the status code when it was refused."""
    path, token = talk
    request = f"GET {path}/events HTTP/1.1\r\nHost: {target.host}\r\nAuthorization: Bearer {token}\r\n\r\n"
    return await _held(target, address, request.encode())


async def slow_head(target: Target, address: str) -> str:
    """Sends a line of a request's head each second; how it ended."""
    return await _held(target, address, b"GET / HTTP/1.1\r\n", dribble=b"X-More: x\r\n")


async def _held(target: Target, address: str, request: bytes, dribble: bytes = b"") -> str:
    try:
        async with _line(target, address) as (reader, writer):
            writer.write(request)
            status = await _status(reader, writer, dribble)
            if status != "200":
                return status
            while await reader.read(_CHUNK):
                pass
            return "200 closed"
    except asyncio.CancelledError:
        return "held"
    except OSError as error:
        return type(error).__name__


async def _status(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, dribble: bytes) -> str:
    while True:
        try:
            async with asyncio.timeout(1.0 if dribble else None):
                line = await reader.readline()
                return line.split()[1].decode() if line else "closed"
        except TimeoutError:
            writer.write(dribble)
            await writer.drain()


async def hold(number: int, one: Callable[[int], Awaitable[str]], seconds: float) -> Counter[str]:
    """Starts `number` of them, waits `seconds`, and lets go of those that are still held."""
    tasks = [asyncio.ensure_future(one(index)) for index in range(number)]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    return Counter(
        answer if isinstance(answer, str) else type(answer).__name__
        for answer in await asyncio.gather(*tasks, return_exceptions=True))
