"""What is uploaded to the platform: made small enough, and not uploaded twice (SPEC 5.11).

Ids live seven days there, so they are kept for six, by the SHA-256 of the content.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Literal

from anyio.to_thread import run_sync
from PIL import Image, ImageOps
from sqlalchemy import delete

from bot.zalo.errors import lost
from bot.zalo.tables import ZaloUploadRow
from common.clock import utc_now
from common.database import Database

__all__ = ["FILE_MAX", "IMAGE_MAX", "Uploads", "image_within"]

IMAGE_MAX, FILE_MAX = 1_000_000, 5_000_000
_KEPT = timedelta(days=6)
# Longest side in pixels, from what a phone shows well to what is still legible.
_SIDES = (2048, 1600, 1280, 1024, 768, 512)
_QUALITY = 82
_MOST_PIXELS = 60_000_000
# What the platform takes, by how the content begins; a CSV is known by its name alone.
_MAGIC = {
    ".pdf": (b"%PDF", "application/pdf"),
    ".doc": (b"\xd0\xcf\x11\xe0", "application/msword"),
    ".docx": (b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ".csv": (b"", "text/csv"),
}
Kind = Literal["image", "file"]


class Uploads:
    """Remembers what the platform gave for a content."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database, self._now = database, now

    async def kept(self, kind: Kind, content: bytes, upload: Callable[[], Awaitable[str]]) -> str:
        """The reference of `content`, by `upload` where none is known that lives."""
        digest = hashlib.sha256(content).hexdigest()
        known = await run_sync(self._find, digest, kind)
        if known is None:
            known = await upload()
            await run_sync(self._keep, digest, kind, known)
        return known

    async def forget(self, content: bytes) -> None:
        """Removes what is known of `content`."""
        digest = hashlib.sha256(content).hexdigest()
        await run_sync(self._forget, digest)

    def purge(self) -> int:
        """Removes what has expired; returns how many."""
        query = delete(ZaloUploadRow).where(ZaloUploadRow.expires_at < self._now())
        with self._database.session() as session:
            return len(session.scalars(query.returning(ZaloUploadRow.digest)).all())

    @staticmethod
    def file_type(content: bytes, name: str) -> str:
        """The media type of a file that the platform takes. Raises SendFailed(PERMANENT) for any other, or a larger."""
        suffix = name[name.rfind(".") :].lower() if "." in name else ""
        begins, media_type = _MAGIC.get(suffix, (b"", ""))
        if not media_type or not content.startswith(begins) or not 0 < len(content) <= FILE_MAX:
            raise lost("media")
        return media_type

    def _find(self, digest: str, kind: str) -> str | None:
        with self._database.session(write=False) as session:
            row = session.get(ZaloUploadRow, (digest, kind))
            return row.reference if row is not None and row.expires_at > self._now() else None

    def _keep(self, digest: str, kind: str, reference: str) -> None:
        with self._database.session() as session:
            session.merge(ZaloUploadRow(
                digest=digest, kind=kind, reference=reference, expires_at=self._now() + _KEPT))

    def _forget(self, digest: str) -> None:
        with self._database.session() as session:
            session.execute(delete(ZaloUploadRow).where(ZaloUploadRow.digest == digest))


async def image_within(content: bytes, limit: int = IMAGE_MAX) -> tuple[bytes, str]:
    """A picture that the platform takes, and its kind (jpeg or png): as it is where it fits, else made smaller.

    Raises SendFailed(PERMANENT) for what isn't a picture.
    """
    return await run_sync(_image_within, content, limit)


def _image_within(content: bytes, limit: int) -> tuple[bytes, str]:
    try:
        with Image.open(io.BytesIO(content)) as opened:
            kind = (opened.format or "").lower()
            if opened.width * opened.height > _MOST_PIXELS:
                raise lost("media")
            if kind in ("jpeg", "png") and len(content) <= limit:
                return content, kind
            upright = ImageOps.exif_transpose(opened)
            picture = _on_white(upright)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise lost("media") from error
    for side in _SIDES:
        small = picture.copy()
        small.thumbnail((side, side))
        made = io.BytesIO()
        small.save(made, "JPEG", quality=_QUALITY, optimize=True)
        if made.tell() <= limit:
            return made.getvalue(), "jpeg"
    raise lost("media")


def _on_white(picture: Image.Image) -> Image.Image:
    """JPEG has no transparency: a QR code on nothing would turn black."""
    if picture.mode in ("RGBA", "LA", "P", "PA"):
        layered = picture.convert("RGBA")
        ground = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(ground, layered).convert("RGB")
    return picture.convert("RGB")
