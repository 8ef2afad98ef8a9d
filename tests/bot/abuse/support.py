"""What tests of abuse share: a guarded service, callers from any address, and raw connections."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.bot.serving import Running, serving

PROBLEM = "application/problem+json"
PROXY = "127.0.0.2"
ALLOWED = "https://quangninh.example"
CAP = 8


@contextmanager
def guarded(home: Path) -> Iterator[Running]:
    """A service behind a trusted proxy, with few connections and streams for one address."""
    with serving(
        home, shipped=False, trusted_proxies=[PROXY], allowed_origins=[f"{ALLOWED}/"],
        connections_per_address=CAP, streams_per_address=2, address_messages_per_minute=100_000,
    ) as service:
        yield service


@contextmanager
def calling(running: Running, address: str = "127.0.0.1") -> Iterator[httpx.Client]:
    """A client whose connections come from `address`."""
    transport = httpx.HTTPTransport(local_address=address)
    with httpx.Client(base_url=running.url, timeout=20, trust_env=False, transport=transport) as client:
        yield client


def is_problem(answer: httpx.Response, status: int) -> bool:
    return (
        answer.status_code == status and answer.headers["content-type"] == PROBLEM
        and answer.json()["status"] == status and " " in answer.json()["detail"]
    )


@contextmanager
def raw(running: Running, address: str) -> Iterator[socket.socket]:
    host, port = running.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 20, (address, 0)) as line:
        yield line


def everything(line: socket.socket) -> bytes:
    """What is still said on a connection until the other side closes it."""
    heard = b""
    with suppress(ConnectionError):
        while part := line.recv(65_536):
            heard += part
    return heard


def told(heard: bytes) -> tuple[int, dict[str, Any]]:
    head, _, body = heard.partition(b"\r\n\r\n")
    assert PROBLEM.encode() in head.lower()
    return int(head.split()[1]), json.loads(body)
