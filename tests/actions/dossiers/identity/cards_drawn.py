"""Photos of identity cards, drawn: a QR code of fictional data on a card, taken by an unsteady hand in bad light."""

from __future__ import annotations

import io
import random

import segno
from PIL import Image, ImageDraw, ImageFilter

__all__ = ["PAYLOAD", "card", "jpeg", "payload", "photo"]

PAYLOAD = "022190001234|101234567|Nguyễn Thị Lan|05031990|Nữ|Số 12, tổ 3, khu 5, Bãi Cháy, Hạ Long, Quảng Ninh|24112021"
_CARD = (1011, 638)  # 85,6 × 54 mm at 300 dpi (ISO/IEC 7810 ID-1)


def payload(**other: str) -> str:
    """The card's text with some fields changed (number, old, name, birth, sex, address, issued)."""
    names = ("number", "old", "name", "birth", "sex", "address", "issued")
    return "|".join(other.get(name, part) for name, part in zip(names, PAYLOAD.split("|"), strict=True))


def card(text: str | bytes = PAYLOAD) -> Image.Image:
    """A flat scan: the code in the upper right corner, as large as on a real card (about 2 cm)."""
    front = Image.new("RGB", _CARD, (214, 230, 236))
    draw = ImageDraw.Draw(front)
    for line in range(9):
        draw.rectangle((330, 150 + 50 * line, 330 + 40 * (line % 4 + 8), 168 + 50 * line), fill=(70, 80, 90))
    draw.rectangle((40, 190, 270, 500), fill=(150, 140, 130))
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="png", scale=8, border=2)
    code = Image.open(out).convert("RGB").resize((240, 240), Image.Resampling.LANCZOS)
    front.paste(code, (750, 20))
    return front


def photo(seed: int, hardness: float, text: str | bytes = PAYLOAD) -> Image.Image:
    """A photo of the card; `hardness` 0 is a good one, 1 one that a person would take again."""
    rng = random.Random(seed)
    scene = _tilted(card(text), rng, hardness)
    scene = _shadowed(scene, rng, hardness)
    scene = scene.filter(ImageFilter.GaussianBlur(hardness * rng.uniform(0.6, 2.4)))
    if rng.random() < 0.5 * hardness:
        scene = scene.filter(ImageFilter.BoxBlur((0, int(4 * hardness))))  # the hand moved
    noise = Image.effect_noise(scene.size, 4 + 40 * hardness * rng.random()).convert("RGB")
    return Image.blend(scene, noise, 0.04 + 0.14 * hardness * rng.random())


def jpeg(image: Image.Image, quality: int = 70) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _tilted(front: Image.Image, rng: random.Random, hardness: float) -> Image.Image:
    """Seen from aside, turned, smaller or larger, on a dark table."""
    scale = rng.uniform(1.9 - 1.25 * hardness, 2.2 - 0.8 * hardness)
    front = front.resize((int(front.width * scale), int(front.height * scale)), Image.Resampling.BICUBIC)
    width, height = int(front.width * 1.35), int(front.height * 1.5)
    table = Image.new("RGB", (width, height), (96, 70, 52))
    table.paste(front, ((width - front.width) // 2, (height - front.height) // 2))
    lean = 0.16 * hardness
    corners = [
        (rng.uniform(0, lean) * width, rng.uniform(0, lean) * height),
        (rng.uniform(0, lean) * width, height * (1 - rng.uniform(0, lean))),
        (width * (1 - rng.uniform(0, lean)), height * (1 - rng.uniform(0, lean))),
        (width * (1 - rng.uniform(0, lean)), rng.uniform(0, lean) * height),
    ]
    quad = [coordinate for corner in corners for coordinate in corner]
    table = table.transform(table.size, Image.Transform.QUAD, quad, Image.Resampling.BICUBIC)
    turn = rng.choice((0, 0, 90, 180, 270)) + rng.uniform(-25, 25) * hardness
    return table.rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor=(96, 70, 52))


def _shadowed(scene: Image.Image, rng: random.Random, hardness: float) -> Image.Image:
    """A hand's shadow across it, and a lamp's glare somewhere."""
    light = Image.new("L", (64, 64), 255)
    draw = ImageDraw.Draw(light)
    left = rng.uniform(-20, 50)
    draw.polygon([(left, 0), (left + 30, 0), (left + 50, 64), (left + 10, 64)], fill=int(255 - 170 * hardness))
    light = light.filter(ImageFilter.GaussianBlur(3)).resize(scene.size, Image.Resampling.BICUBIC)
    dark = Image.composite(scene, Image.new("RGB", scene.size, (8, 8, 10)), light)
    glare = Image.new("L", (64, 64), 0)
    x, y = rng.uniform(0, 64), rng.uniform(0, 64)
    ImageDraw.Draw(glare).ellipse((x - 6, y - 6, x + 6, y + 6), fill=int(130 * hardness))
    glare = glare.filter(ImageFilter.GaussianBlur(4)).resize(scene.size, Image.Resampling.BICUBIC)
    return Image.composite(Image.new("RGB", scene.size, "white"), dark, glare)
