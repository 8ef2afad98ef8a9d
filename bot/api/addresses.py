"""Who calls, as far as limits are concerned."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.types import Scope

from common.keyring import Keyring

__all__ = ["Networks", "caller", "client_key"]

# What one household or one phone is given (RFC 6177): counting single IPv6 addresses would count nobody.
_HOME_BITS = 64


def caller(address: str) -> str:
    """`address` as limits count it: the /64 of an IPv6 address, an IPv4 address however it is written."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64] or "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, _HOME_BITS), strict=False))
    return str(parsed)


def client_key(scope: Scope, keyring: Keyring) -> str:
    """The caller of a request as a digest, so that no address is kept."""
    client = scope.get("client")
    return keyring.digest("client", caller(client[0] if client else ""))


class Networks:
    """A list of addresses and networks. Raises ValueError for what is neither."""

    def __init__(self, listed: Iterable[str]) -> None:
        self._networks = [ip_network(item.strip()) for item in listed]

    def __contains__(self, address: str) -> bool:
        try:
            parsed = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)
