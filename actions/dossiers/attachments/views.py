"""A stored file drawn as pictures, page by page, so that an officer looks at it without opening it."""

from __future__ import annotations

import io

import pypdfium2
from PIL import Image

from actions.dossiers.attachments import images
from actions.dossiers.attachments.kinds import Sent, Unusable

__all__ = ["draw"]

_SIDE = 1800
_POINTS_PER_INCH = 72


def draw(content: bytes, kind: Sent, number: int) -> tuple[int, bytes]:
    """(pages, the page `number` counted from 1 as JPEG, at most 1800 px a side); with 0 nothing is drawn, only counted.

    Raises Unusable: broken, no such page.
    """
    if kind != "pdf":
        if number not in (0, 1):
            raise Unusable("broken")
        image = images.opened(content, kind)
        return 1, _jpeg(image) if number else b""
    try:
        document = pypdfium2.PdfDocument(content)
        pages = len(document)
        if not number:
            return pages, b""
        if not 1 <= number <= pages:
            raise Unusable("broken")
        page = document[number - 1]
        scale = min(_SIDE / max(page.get_size()), 200 / _POINTS_PER_INCH)
        return pages, _jpeg(page.render(scale=scale, may_draw_forms=False).to_pil())
    except pypdfium2.PdfiumError as error:
        raise Unusable("broken_pdf") from error


def _jpeg(image: Image.Image) -> bytes:
    image.thumbnail((_SIDE, _SIDE))
    canvas = Image.new("RGB", image.size, "white")
    canvas.paste(image)
    out = io.BytesIO()
    canvas.save(out, "JPEG", quality=85)
    return out.getvalue()
