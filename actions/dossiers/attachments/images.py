"""Pictures drawn anew: what comes out holds pixels and nothing else."""

from __future__ import annotations

import io

import pillow_heif
from PIL import Image, ImageOps, UnidentifiedImageError

from actions.dossiers.attachments.kinds import MAX_PIXELS, MAX_SIDE, Kind, Sent, Unusable

__all__ = ["clean", "opened"]

_FORMATS: dict[Sent, str] = {"jpg": "JPEG", "png": "PNG", "heic": "HEIF"}
# What a damaged or hostile picture makes Pillow and libheif raise.
_BROKEN = (
    UnidentifiedImageError, OSError, ValueError, TypeError, SyntaxError, IndexError, KeyError, OverflowError,
    EOFError, RuntimeError, Image.DecompressionBombError,
)
pillow_heif.register_heif_opener(thumbnails=False)


def opened(content: bytes, kind: Sent) -> Image.Image:
    """The first picture of the file, upright, in RGB on white. Raises Unusable."""
    try:
        with Image.open(io.BytesIO(content), formats=[_FORMATS[kind]]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Unusable("pixels", limit=MAX_PIXELS // 1_000_000)
            image.draft("RGB", (MAX_SIDE, MAX_SIDE))  # JPEG decodes smaller straight away
            image.load()
            return _flat(ImageOps.exif_transpose(image))
    except _BROKEN as error:
        raise Unusable("broken_image") from error


def clean(content: bytes, kind: Sent) -> tuple[Kind, bytes]:
    """No metadata (place, device), no trailing bytes, at most 4000 px a side; heic becomes jpg. Raises Unusable."""
    image = opened(content, kind)
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    # A new canvas: copies and saves of Pillow carry `info` (profiles, comments) along.
    canvas = Image.new("RGB", image.size, "white")
    canvas.paste(image)
    out = io.BytesIO()
    if kind == "png":
        canvas.save(out, "PNG", optimize=True)
        return "png", out.getvalue()
    canvas.save(out, "JPEG", quality=88, optimize=True)
    return "jpg", out.getvalue()


def _flat(image: Image.Image) -> Image.Image:
    """RGB; what is transparent becomes white, not black."""
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        layers = image.convert("RGBA")
        plain = Image.new("RGB", layers.size, "white")
        plain.paste(layers, mask=layers.getchannel("A"))
        return plain
    return image.convert("RGB")
