"""Where result files lie: encrypted, outside any served folder, named by nothing but their id."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

from common.errors import NotFound
from common.keyring import Keyring

__all__ = ["Vault"]

_ID = re.compile(r"^[A-Za-z0-9_-]{16,32}$")
_SWEPT_AFTER_S = 3600.0


class Vault:
    """Keeps, reads and sweeps files."""

    def __init__(self, folder: Path, keyring: Keyring) -> None:
        self._folder = folder
        self._keyring = keyring

    def keep(self, name: str, content: bytes) -> None:
        """Writes the file whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._path(name).with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._keyring.encrypt(content))
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path(name))

    def read(self, name: str, gone: str) -> bytes:
        """Raises NotFound with the sentence `gone`."""
        path = self._path(name)
        if not path.exists():
            raise NotFound(gone)
        return self._keyring.decrypt(path.read_bytes())

    def purge(self, known: Callable[[list[str]], set[str]]) -> int:
        """Removes files older than an hour that `known` (names → those that have a row) does not name."""
        if not self._folder.exists():
            return 0
        before = time.time() - _SWEPT_AFTER_S
        old = [path for path in self._folder.iterdir() if path.stat().st_mtime < before]
        kept = known([path.stem for path in old])
        swept = [path for path in old if path.suffix or path.stem not in kept]
        for path in swept:
            path.unlink(missing_ok=True)
        return len(swept)

    def _path(self, name: str) -> Path:
        if not _ID.match(name):
            raise ValueError("a result's file is named by its id")
        return self._folder / name
