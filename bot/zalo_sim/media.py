"""Pictures and files that people and the OA send: kept in a folder, served under addresses that nobody guesses."""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path

__all__ = ["IMAGE_BYTES", "Media", "file_kind", "image_kind"]

IMAGE_BYTES = 1024 * 1024
_FILES = {".pdf": "pdf", ".doc": "doc", ".docx": "docx", ".csv": "csv"}
_HEADS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif"}
_PLAIN = re.compile(r"[^\w.-]+")


class Media:
    """A folder. `url` is where the simulator is reached."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self._url = folder, url.rstrip("/")

    def keep(self, name: str, content: bytes) -> str:
        """Keeps a file; the address it is served at."""
        safe = _PLAIN.sub("-", name)[-80:].lstrip(".") or "tep"
        place = secrets.token_hex(12)
        (self.folder / place).mkdir(parents=True)
        (self.folder / place / safe).write_bytes(content)
        return f"{self._url}/media/{place}/{safe}"

    def path(self, place: str, name: str) -> Path | None:
        """The file behind an address; None where there is none."""
        if not re.fullmatch(r"[0-9a-f]{24}", place) or name != _PLAIN.sub("-", name) or name.startswith("."):
            return None
        path = self.folder / place / name
        return path if path.is_file() else None

    @staticmethod
    def described(name: str, content: bytes) -> dict[str, str]:
        """What the event about a file says of it."""
        return {
            "name": name, "size": str(len(content)), "type": Path(name).suffix.lstrip(".").lower(),
            "checksum": hashlib.md5(content, usedforsecurity=False).hexdigest()}


def image_kind(content: bytes) -> str:
    """jpg, png or gif by the first bytes; "" for anything else."""
    return next((kind for head, kind in _HEADS.items() if content.startswith(head)), "")


def file_kind(name: str) -> str:
    """The kind of document that an OA may send, by the name's ending; "" for any other."""
    return _FILES.get(Path(name).suffix.lower(), "")
