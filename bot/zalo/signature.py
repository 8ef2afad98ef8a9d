"""The webhook's signature: plain SHA-256 over app id, raw body, the body's own timestamp and the OA Secret Key [H]."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

__all__ = ["HEADER", "SERVER_HEADER", "Verdict", "mac", "verdict"]

HEADER = "X-ZEvent-Signature"
# Callbacks of template messages carry it; whether their signature uses the same secret is not stated [L].
SERVER_HEADER = "X-ZEvent-Server"
_PREFIX = "mac="
_MAC = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Verdict:
    """Whether an event is genuine; `oa_id_matched` says that it was signed with the OA's id as first term, which some
    report: that is wrong, but worth a line in the log while signatures are only logged."""

    genuine: bool
    given: bool = True
    oa_id_matched: bool = False


def mac(first: str, raw: bytes, timestamp: str, secret: str) -> str:
    """Lower-case hex of the digest; `first` is the app's id."""
    digest = hashlib.sha256(first.encode())
    digest.update(raw)
    digest.update(timestamp.encode("utf-8", "replace"))
    digest.update(secret.encode())
    return digest.hexdigest()


def verdict(
    header: str | None, raw: bytes, timestamp: str, *, app_id: str, oa_id: str, secret: str, explain: bool = False
) -> Verdict:
    """Compares in constant time. `explain` also tries the form that has the OA's id first; it never makes an event
    genuine."""
    given = (header or "").strip().lower().removeprefix(_PREFIX)
    if not _MAC.fullmatch(given):
        return Verdict(genuine=False, given=bool(given))
    genuine = hmac.compare_digest(given, mac(app_id, raw, timestamp, secret))
    other = explain and not genuine and hmac.compare_digest(given, mac(oa_id, raw, timestamp, secret))
    return Verdict(genuine, oa_id_matched=other)
