"""Links that carry their own permission: a sealed, expiring token for one purpose and one subject.

Whoever holds the link may do what its kind allows, as with a paper slip; so links live short, and nothing personal
stands in them that could be read.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from datetime import timedelta

from cryptography.fernet import Fernet, InvalidToken

from common.errors import NotFound
from common.keyring import Keyring

__all__ = ["Links"]


class Links:
    """Makes and opens tokens. A token of one kind opens nothing of another."""

    def __init__(self, keyring: Keyring, gone: str, now: Callable[[], float] = time.time) -> None:
        """`gone` is the sentence for a link that has expired or is not ours."""
        self._keyring = keyring
        self._gone = gone
        self._now = now

    def make(self, kind: str, subject: str, life: timedelta) -> str:
        """A URL-safe token for `subject`."""
        body = json.dumps([subject, int(self._now() + life.total_seconds())], separators=(",", ":"))
        return self._sealer(kind).encrypt(body.encode()).decode().rstrip("=")

    def open(self, kind: str, token: str) -> str:
        """The subject. Raises NotFound for a foreign, altered or expired token: the three look alike."""
        try:
            padded = token + "=" * (-len(token) % 4)
            subject, until = json.loads(self._sealer(kind).decrypt(padded.encode("ascii")))
        except (InvalidToken, UnicodeEncodeError, ValueError) as error:
            raise NotFound(self._gone) from error
        if self._now() > until:
            raise NotFound(self._gone)
        return str(subject)

    def _sealer(self, kind: str) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self._keyring.derive(f"link:{kind}")))
