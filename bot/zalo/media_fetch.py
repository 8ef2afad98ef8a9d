"""Fetches what a citizen sent from the platform's own hosts: nowhere else, not too much, not for too long."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

__all__ = ["Fetch", "Foreign", "Gone", "TooBig"]

_WITHIN_S = 20.0
_HOPS = 3
_PLAIN = {"Accept-Encoding": "identity"}
_MOVED = {301, 302, 303, 307, 308}
# The platform's answers for an address that has run out.
_OVER = {400, 401, 403, 404, 410}


class Gone(Exception):
    """The file can't be had (any more): the address has run out, or there is none."""


class Foreign(Exception):
    """The address lies outside the allowed hosts; its only argument is the host."""


class TooBig(Exception):
    """The file is over the limit."""


@dataclass(frozen=True)
class _Target:
    """Where to connect: `address` is a checked address of the host."""

    parts: SplitResult
    address: str


class Fetch:
    """Downloads into memory.

    Addresses must be https on a host of `hosts` whose name leads to public addresses only; the connection goes to the
    very address that was checked. An entry of the form `127.0.0.1:8900` (a loopback address with its port) also takes
    http from there, which is how a simulator on the same machine is reached.
    """

    def __init__(self, hosts: Sequence[str], limit: int, within_s: float = _WITHIN_S) -> None:
        self._hosts = [host.lower() for host in hosts]
        self._limit, self._within_s = limit, within_s

    async def get(self, url: str, md5: str = "") -> bytes:
        """The content. Raises Gone, Foreign, TooBig; httpx.HTTPError, OSError or TimeoutError where trying again may
        help (a checksum that differs, too: the download was cut)."""
        async with asyncio.timeout(self._within_s):
            content = await self._followed(url)
        if md5 and hashlib.md5(content, usedforsecurity=False).hexdigest() != md5.strip().lower():
            raise OSError("the checksum differs")
        return content

    async def _followed(self, url: str) -> bytes:
        async with httpx.AsyncClient(timeout=self._within_s, trust_env=False, headers=_PLAIN) as client:
            for _ in range(_HOPS):
                async with client.stream("GET", **_request(await self._target(url))) as response:
                    if response.status_code in _MOVED:
                        url = urljoin(url, response.headers.get("location", ""))
                        continue
                    if response.status_code in _OVER:
                        raise Gone(f"status {response.status_code}")
                    if not response.is_success:
                        raise OSError(f"status {response.status_code}")  # httpx would name the address, for the log
                    return await self._read(response)
        raise Gone("too many redirections")

    async def _read(self, response: httpx.Response) -> bytes:
        """The body as it comes: nothing is unpacked, so nothing can swell."""
        content = bytearray()
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > self._limit:
                raise TooBig
        return bytes(content)

    async def _target(self, url: str) -> _Target:
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError as error:
            raise Gone("no address") from error
        if not host or parts.username or parts.password:
            raise Gone("no address")
        if self._local(host, port) and parts.scheme in ("http", "https"):
            return _Target(parts, host)
        if parts.scheme != "https" or port not in (None, 443) or not self._allowed(host):
            raise Foreign(host[:80])
        return _Target(parts, await _public(host))

    def _local(self, host: str, port: int | None) -> bool:
        try:
            return ipaddress.ip_address(host).is_loopback and f"{host}:{port}" in self._hosts
        except ValueError:
            return False

    def _allowed(self, host: str) -> bool:
        return any(host.endswith(entry) if entry.startswith(".") else host == entry for entry in self._hosts)


async def _public(host: str) -> str:
    """An address of the host. Raises Foreign where any of its addresses is not a public one."""
    found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(ipaddress.ip_address(address).is_global for address in addresses):
        raise Foreign(host[:80])
    return addresses[0]


def _request(target: _Target) -> dict[str, Any]:
    """The arguments of a request that connects to the checked address, under the host's own name."""
    parts = target.parts
    if parts.hostname == target.address:
        return {"url": parts.geturl()}
    address = f"[{target.address}]" if ":" in target.address else target.address
    return {
        "url": parts._replace(netloc=address, fragment="").geturl(),
        "headers": {"Host": parts.hostname},
        "extensions": {"sni_hostname": parts.hostname},
    }
