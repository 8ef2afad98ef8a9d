"""What a file is, told from its first bytes, and why one cannot be used."""

from __future__ import annotations

from typing import Literal

__all__ = ["MAX_PAGES", "MAX_PIXELS", "MAX_SIDE", "TYPES", "Kind", "Sent", "Unusable", "kind_of"]

Kind = Literal["jpg", "png", "pdf"]
"""What is stored."""
Sent = Literal["jpg", "png", "pdf", "heic"]
"""What is taken; a heic photo (iPhone) is stored as jpg and taken wherever jpg is."""

TYPES: dict[Kind, str] = {"jpg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}
MAX_PIXELS = 40_000_000
MAX_SIDE = 4000
MAX_PAGES = 50
# Brands of HEIF still pictures (ISO/IEC 23008-12 Annex B; "mif1" and "msf1" are the structural ones).
_HEIF = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"))


class Unusable(Exception):
    """`key` names the sentence under `eform.upload`, `values` what it says."""

    def __init__(self, key: str, **values: str | int) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


def kind_of(content: bytes) -> Sent | None:
    """The kind that the content itself claims; the name of a file says nothing."""
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF:
        return "heic"
    return "pdf" if content.startswith(b"%PDF-") else None
