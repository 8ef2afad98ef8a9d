"""Keys: one master secret, everything else derived from it by purpose (HKDF-SHA256, RFC 5869)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from common.errors import SetupProblem
from common.settings import Settings

__all__ = ["Keyring"]


class Keyring:
    """Encryption of personal fields, keyed digests and process secrets.

    The master secret is `ISEE_SECRET_KEY`; for a local run it is made once and kept, readable by its owner
    only, in the home folder. Losing it loses the encrypted fields: `isee backup` includes it.
    """

    def __init__(self, master: bytes) -> None:
        self._master = master
        self._fernet = Fernet(base64.urlsafe_b64encode(self.derive("fields")))

    @classmethod
    def from_settings(cls, settings: Settings) -> Keyring:
        given = settings.secret_key.get_secret_value()
        return cls(given.encode() if given else _local_secret(settings.home / "secrets" / "master.key"))

    def derive(self, purpose: str) -> bytes:
        """32 bytes that depend on the master secret and `purpose` alone."""
        return HKDF(SHA256(), 32, salt=b"isee", info=purpose.encode()).derive(self._master)

    def engine_secret(self) -> str:
        """What the service and the Rasa engine show each other on every call."""
        return self.derive("engine").hex()

    def encrypt(self, clear: str | bytes) -> bytes:
        return self._fernet.encrypt(clear.encode() if isinstance(clear, str) else clear)

    def decrypt(self, sealed: bytes) -> bytes:
        """The clear bytes. Raises SetupProblem when the key is not the one that sealed them."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise SetupProblem(
                "Không giải mã được dữ liệu: khóa ISEE_SECRET_KEY (hoặc var/secrets/master.key) "
                "không phải khóa đã dùng khi lưu."
            ) from error

    def digest(self, purpose: str, value: str) -> str:
        """A keyed digest for look-up without storing the value (HMAC-SHA256, hex)."""
        return hmac.new(self.derive(f"digest:{purpose}"), value.encode(), hashlib.sha256).hexdigest()


def _local_secret(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes().strip()
    secret = secrets.token_hex(32).encode()
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
    return secret
