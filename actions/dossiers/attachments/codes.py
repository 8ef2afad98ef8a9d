"""QR codes on photos taken by hand: tilted, small, dim, blurred, noisy, half in shadow.

zxing-cpp does the reading; here the photo is offered to it in several versions, the likely ones first, until one is
read or the time is up.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import zxingcpp
from PIL import Image, ImageChops, ImageFilter, ImageOps

__all__ = ["read"]

_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_TIME_S = 8.0
_SIDES = (1600, 1000, 2400)
_TURNS = (15, -15, 30, -30, 45)
_WINDOW, _STEP = 0.5, 0.25


def read(photo: Image.Image, limit_s: float = _TIME_S) -> list[str]:
    """The bytes of the QR codes found, as hex; none when nothing could be read within `limit_s` seconds."""
    until = time.monotonic() + limit_s
    for version in _versions(photo):
        found = zxingcpp.read_barcodes(
            version, formats=_QR, try_rotate=True, try_downscale=True, try_invert=False)
        codes = [bytes(code.bytes).hex() for code in found if code.valid and code.bytes]
        if codes:
            return codes
        if time.monotonic() > until:
            break
    return []


def _versions(photo: Image.Image) -> Iterator[Image.Image]:
    """The photo made easier to read in more and more ways."""
    grey = photo.convert("L")
    sized = [_sized(grey, side) for side in _SIDES]
    yield from sized
    for image in sized:
        yield ImageOps.autocontrast(image, cutoff=1)
        even = _evened(image)
        yield even
        yield even.filter(ImageFilter.UnsharpMask(radius=3, percent=250, threshold=0))
        yield even.filter(ImageFilter.MedianFilter(3))
        yield even.filter(ImageFilter.GaussianBlur(1.2))
    for part in _windows(grey):
        even = _evened(_sized(part, 1400))
        yield even
        yield even.filter(ImageFilter.UnsharpMask(radius=4, percent=350, threshold=0))
        yield even.filter(ImageFilter.MedianFilter(5))
    for turn in _TURNS:
        yield _evened(sized[0]).rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor=255)


def _sized(image: Image.Image, side: int) -> Image.Image:
    """The longer side made `side` px, but never more than three times what it was."""
    scale = min(side / max(image.size), 3.0)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _evened(image: Image.Image) -> Image.Image:
    """Light made even: each pixel against the mean light around it, so that shadows and glare go."""
    around = image.filter(ImageFilter.GaussianBlur(max(8, max(image.size) // 40)))
    return ImageOps.autocontrast(ImageChops.subtract(image, around, scale=1.0, offset=128), cutoff=2)


def _windows(image: Image.Image) -> Iterator[Image.Image]:
    """Overlapping parts of the photo; the code fills a small part of a card, upper right first."""
    wide, high = image.width * _WINDOW, image.height * _WINDOW
    for down in (0.0, _STEP, 2 * _STEP):
        for across in (2 * _STEP, _STEP, 0.0):
            left, top = image.width * across, image.height * down
            yield image.crop((int(left), int(top), int(left + wide), int(top + high)))
