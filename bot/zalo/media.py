"""Pictures and files that go to Zalo: which a message needs, and their bytes at the moment of sending."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

import segno
import structlog
from PIL import Image

from actions.messages import Messages
from bot.zalo.rendering.bubbles import Picture
from common.errors import ISeeError

__all__ = ["Media"]

_MOST_IMAGE, _MOST_FILE = 1_000_000, 5_000_000
_TALK_FILES = "/talk-files/"
_PAYMENT = "/payment"
_QR_SCALE = 8
_log = structlog.get_logger(__name__)


class _File(Protocol):
    @property
    def type(self) -> str: ...
    @property
    def content(self) -> bytes: ...


class Media:
    """Args:
        payment: the payment view of a dossier (`actions.dossiers.payments.service.Payments.of`).
        talk_file: the file behind a link of the desk (`bot.desk.files.DeskFiles.by_link`).
    """

    def __init__(
        self, payment: Callable[[str], Any], talk_file: Callable[[str], _File], texts: Messages
    ) -> None:
        self._payment, self._talk_file, self._texts = payment, talk_file, texts

    def of(self, message: Mapping[str, Any]) -> list[Picture]:
        """What is sent beside the message's own attachments: the QR code of a fee that the message asks for."""
        code = str((message.get("dossier") or {}).get("code") or "")
        asks = any(
            urlsplit(str(button.get("url") or "")).path.endswith(_PAYMENT) for button in message.get("buttons") or ())
        if not code or not asks or self._transfer(code) is None:
            return []
        caption = self._texts.render("payment.qr", code=code)
        return [Picture("image", {"kind": "payment_qr", "dossier": code}, "qr.png", caption)]

    def load(self, media: Mapping[str, Any]) -> bytes | None:
        """The bytes within the platform's limits; None where they are gone or too large. Call from a thread."""
        try:
            if media.get("kind") == "payment_qr":
                return self._qr(str(media.get("dossier")))
            return self._file(str(media.get("url")))
        except ISeeError as error:
            _log.info("zalo_media_gone", kind=media.get("kind"), why=type(error).__name__)
            return None

    def _transfer(self, code: str) -> Any:
        try:
            return self._payment(code).transfer
        except ISeeError:
            return None

    def _qr(self, code: str) -> bytes | None:
        # Read anew: the account and the amount are what they are now, or there is no picture.
        transfer = self._transfer(code)
        if transfer is None:
            return None
        out = io.BytesIO()
        segno.make(transfer.qr, error="m", micro=False).save(out, kind="png", scale=_QR_SCALE, border=4)
        return out.getvalue()

    def _file(self, url: str) -> bytes | None:
        path = urlsplit(url).path
        if _TALK_FILES not in path:
            return None
        found = self._talk_file(path.rsplit("/", 1)[-1])
        if found.type.startswith("image/"):
            return _smaller(found)
        return found.content if len(found.content) <= _MOST_FILE else None


def _smaller(found: _File) -> bytes | None:
    """The picture as it is, or as a JPEG that the platform takes."""
    if len(found.content) <= _MOST_IMAGE:
        return found.content
    image = Image.open(io.BytesIO(found.content)).convert("RGB")
    for side in (2400, 1600, 1000):
        image.thumbnail((side, side))
        out = io.BytesIO()
        image.save(out, "JPEG", quality=80, optimize=True)
        if out.tell() <= _MOST_IMAGE:
            return out.getvalue()
    return None
