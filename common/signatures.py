"""Signed HTTP messages between iSee and its partners (one-stop system, payment providers), in both directions.

The scheme, small enough to be written in any language in an hour (`docs/dossiers/adapter.md` has a worked example):

    X-Isee-Key:        who signs, the name of the shared secret
    X-Isee-Timestamp:  seconds since 1970, UTC
    X-Isee-Signature:  v1=<hex of HMAC-SHA256(secret, text)>

where `text` is six lines joined by "\\n": `v1`, the timestamp, the method in capitals, path with query, the
Idempotency-Key (or nothing), and the SHA-256 of the raw body in hex. Method, target and body are covered, so a
signature fits one message only (the idea of RFC 9421 without its negotiation).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

__all__ = ["KEY", "SIGNATURE", "TIMESTAMP", "WINDOW_S", "Signer"]

KEY, TIMESTAMP, SIGNATURE = "X-Isee-Key", "X-Isee-Timestamp", "X-Isee-Signature"
# Clocks differ and messages travel; an older message is a replay.
WINDOW_S = 300
_STAMP = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True)
class Signer:
    """Signs and checks with one shared secret; `key` is its public name."""

    key: str
    secret: bytes
    now: Callable[[], float] = time.time

    def headers(self, method: str, target: str, body: bytes, idempotency_key: str = "") -> dict[str, str]:
        """The headers to send. `target` is the path with its query, as it stands in the request line."""
        stamp = str(int(self.now()))
        return {KEY: self.key, TIMESTAMP: stamp, SIGNATURE: self._sign(stamp, method, target, body, idempotency_key)}

    def accepts(
        self, headers: Mapping[str, str], method: str, target: str, body: bytes, idempotency_key: str = ""
    ) -> bool:
        """Whether the message is signed by who has the secret, now. Compared in constant time."""
        given = {name.lower(): value for name, value in headers.items()}
        stamp = given.get(TIMESTAMP.lower(), "")
        wanted = self._sign(stamp, method, target, body, idempotency_key)
        same = hmac.compare_digest(given.get(SIGNATURE.lower(), "").encode(), wanted.encode())
        named = hmac.compare_digest(given.get(KEY.lower(), "").encode(), self.key.encode())
        fresh = bool(_STAMP.fullmatch(stamp)) and abs(self.now() - int(stamp)) <= WINDOW_S
        return same and named and fresh

    def _sign(self, stamp: str, method: str, target: str, body: bytes, idempotency_key: str) -> str:
        digest = hashlib.sha256(body).hexdigest()
        text = "\n".join(("v1", stamp, method.upper(), target, idempotency_key, digest))
        return "v1=" + hmac.new(self.secret, text.encode(), hashlib.sha256).hexdigest()
