"""The picture on the card that asks for a telephone number (SPEC 5.7), drawn with Pillow in iSee's typeface.

Phones show it about 300 points wide: few words, large.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from common.fonts import FONTS

__all__ = ["SIZE", "draw_card"]

# 16:9, as wide as a phone has pixels; the platform takes a picture of 1 MB at most.
SIZE = (1280, 720)
# Drawn larger and made smaller, so that curves are smooth.
_FINE = 2
_RED, _GROUND, _INK, _WHITE = "#9f1d20", "#f6f4f1", "#1d1b19", "#ffffff"
_LEFT, _RIGHT = 96, 1184
_Box = tuple[float, float, float, float]


@cache
def draw_card(title: str, from_whom: str) -> bytes:
    """A PNG: whose card it is above, what it is about below, and a telephone in a speech bubble."""
    picture = Image.new("RGB", (SIZE[0] * _FINE, SIZE[1] * _FINE), _GROUND)
    draw = ImageDraw.Draw(picture)
    _shape(draw, (0, 0, SIZE[0], 20), _RED)
    _eye(draw, _LEFT, 92)
    _text(draw, _LEFT + 128, 106, from_whom, _fitting(from_whom, 46, _RIGHT - _LEFT - 128), _RED)
    _bubble(draw)
    for number, line in enumerate(_lines(title, 84, 700)):
        _text(draw, _LEFT, 300 + number * 112, line, 84, _INK)
    out = io.BytesIO()
    picture.resize(SIZE, Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _eye(draw: ImageDraw.ImageDraw, x: float, y: float) -> None:
    """iSee's mark, 96 wide."""
    _shape(draw, (x, y, x + 96, y + 96), _RED, radius=20)
    # Two arcs of a circle of 36.4 whose middle lies 15.4 below, or above, the eye's own.
    for side, begin in ((15.4, 205), (-15.4, 25)):
        middle = y + 48 + side
        draw.arc(_scaled((x + 11.6, middle - 36.4, x + 84.4, middle + 36.4)), begin, begin + 130, _WHITE, 7 * _FINE)
    draw.ellipse(_scaled((x + 38, y + 38, x + 58, y + 58)), fill=_WHITE)


def _bubble(draw: ImageDraw.ImageDraw) -> None:
    """A speech bubble with a telephone in it."""
    _shape(draw, (840, 250, _RIGHT, 560), _RED, radius=60)
    draw.polygon([(edge[0] * _FINE, edge[1] * _FINE) for edge in ((900, 540), (900, 640), (1000, 540))], fill=_RED)
    _shape(draw, (946, 296, 1078, 514), _WHITE, radius=22)
    _shape(draw, (962, 328, 1062, 466), _RED, radius=6)
    draw.ellipse(_scaled((1002, 478, 1022, 498)), fill=_RED)
    for number in range(3):
        draw.ellipse(_scaled((980 + number * 26, 388, 996 + number * 26, 404)), fill=_WHITE)


def _shape(draw: ImageDraw.ImageDraw, box: _Box, colour: str, radius: int = 0) -> None:
    draw.rounded_rectangle(_scaled(box), radius * _FINE, fill=colour)


def _scaled(box: _Box) -> _Box:
    left, top, right, bottom = box
    return left * _FINE, top * _FINE, right * _FINE, bottom * _FINE


def _text(draw: ImageDraw.ImageDraw, x: float, y: float, text: str, points: int, colour: str) -> None:
    """One line, its top left corner at x, y."""
    at = x * _FINE
    for letter in text:
        font = _font(letter, points)
        draw.text((at, (y + points) * _FINE), letter, font=font, fill=colour, anchor="ls")
        at += font.getlength(letter)


def _wide(text: str, points: int) -> float:
    return sum(_font(letter, points).getlength(letter) for letter in text) / _FINE


def _fitting(text: str, points: int, width: float) -> int:
    """The size, at most `points`, in which the text is no wider than `width`."""
    return next((size for size in range(points, 12, -2) if _wide(text, size) <= width), 12)


def _lines(text: str, points: int, width: float) -> list[str]:
    """Broken between words, so that each line is at most `width`."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        fits = _wide(longer, points) <= width or not lines[-1]
        lines = [*lines[:-1], longer] if fits else [*lines, word]
    return lines


def _font(letter: str, points: int) -> ImageFont.FreeTypeFont:
    """The shipped fonts are web subsets: one has a letter, or the other."""
    return _face("latin" if ord(letter) in _latin() else "vietnamese", points)


@cache
def _face(subset: str, points: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_file(subset)), points * _FINE)


@cache
def _latin() -> frozenset[int]:
    with TTFont(_file("latin")) as font:
        return frozenset(font.getBestCmap())


def _file(subset: str) -> Path:
    return FONTS / f"be-vietnam-pro-{subset}-600.woff2"
