"""Whatever bytes come, a file is taken cleaned or refused in words: through the sandbox, and mutated without it."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from actions.companion.bundle import Dossiers
from actions.dossiers.attachments import images, pdfs, sandbox
from actions.dossiers.attachments.kinds import Unusable, kind_of
from common.errors import ISeeError, NotReady
from tests.actions.dossiers.attachments.pdf_files import many_pages, plain, raw, stream


def drawn(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").resize((120, 80)).save(out, kind, **options)
    return out.getvalue()


def heic(size: tuple[int, int] = (64, 48)) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", size, "teal")).save(out, quality=60, exif=exif.tobytes())
    return out.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """A few bytes that claim a giant picture."""
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + name + data + struct.pack("!I", zlib.crc32(name + data))

    header = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body


def bomb_png(side: int) -> bytes:
    """A true picture of `side` × `side` white dots in a few kilobytes."""
    out = io.BytesIO()
    Image.new("1", (side, side), 1).save(out, "PNG", optimize=True)
    return out.getvalue()


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", b"\0" * 1_000_000)
    return out.getvalue()


def test_a_heic_photo_becomes_a_jpeg_without_its_metadata(room: Dossiers) -> None:
    content = heic()
    assert kind_of(content) == "heic" and b"SecretPhone" in content
    upload = room.uploads.check("IMG_0001.HEIC", content, ["jpg", "png", "pdf"])
    assert (upload.name, upload.type) == ("IMG_0001.jpg", "image/jpeg") and b"SecretPhone" not in upload.content
    with pytest.raises(ISeeError, match="chỉ nhận tệp pdf"):
        room.uploads.check("IMG_0001.HEIC", content, ["pdf"])


@pytest.mark.parametrize("content", [
    huge_png(100_000, 100_000), huge_png(2**31 - 1, 2**31 - 1), bomb_png(9000), heic()[:300], zipped(),
    b"\xff\xd8\xff" + b"\0" * 4096, drawn("JPEG")[:60], many_pages(10_000),
    raw(page=b"/Contents 4 0 R", objects=(stream(b"\0" * 200_000_000),)),
    b"%PDF-1.7\n" + b"1 0 obj\n<< /A " * 20_000, b"%PDF-1.7\n" + b"[" * 500_000,
    raw().replace(b"/Kids [3 0 R]", b"/Kids [2 0 R 3 0 R]"),
], ids=range(12))
def test_bombs_and_ruins_are_refused_in_words(room: Dossiers, content: bytes) -> None:
    with pytest.raises(ISeeError) as problem:
        room.uploads.check("a", content, ["jpg", "png", "pdf"])
    assert problem.value.status < 500 and problem.value.detail.endswith(".")


def test_polyglots_lose_their_second_nature(room: Dossiers) -> None:
    for content in (drawn("JPEG") + zipped(), drawn("PNG") + b"<script>alert(1)</script>", drawn("JPEG") + plain()):
        cleaned = room.uploads.check("a", content, ["jpg", "png"]).content
        assert not any(sign in cleaned for sign in (b"PK\x03\x04", b"<script>", b"%PDF"))
        assert kind_of(cleaned) == kind_of(content)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_pixel_is_taken(room: Dossiers, mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    out = io.BytesIO()
    Image.new(mode, (30, 20)).save(out, kind)
    assert Image.open(io.BytesIO(room.uploads.check("a", out.getvalue(), ["jpg", "png"]).content)).size == (30, 20)


def test_transparency_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(out, "PNG")
    _kind, content = images.clean(out.getvalue(), "png")
    assert Image.open(io.BytesIO(content)).getpixel((3, 3)) == (255, 255, 255)


SEEDS = {"jpg": drawn("JPEG"), "png": drawn("PNG"), "heic": heic(), "pdf": plain(3), "raw": raw(page=b"/Contents 4 0 R",
         objects=(stream(b"BT (x) Tj ET"),))}


@given(
    st.sampled_from(sorted(SEEDS)), st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=12)), max_size=8),
    st.floats(0.05, 1))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_mutated_files_are_taken_or_refused(seed: str, edits: list[tuple[float, bytes]], kept: float) -> None:
    content = SEEDS[seed]
    for place, new in edits:
        at = int(place * len(content))
        content = content[:at] + new + content[at + len(new) :]
    content = content[: int(kept * len(content)) or 1]
    kind = kind_of(content)
    try:
        if kind == "pdf":
            pdfs.check(content)
        elif kind:
            stored, cleaned = images.clean(content, kind)
            assert kind_of(cleaned) == stored
    except Unusable as problem:
        assert problem.key.startswith(("broken", "pdf_", "pixels"))


@given(st.binary(max_size=600).map(lambda tail: b"%PDF-1.4\n" + tail))
@settings(max_examples=100, deadline=None)
def test_rubbish_after_a_pdf_header_is_refused(content: bytes) -> None:
    with pytest.raises(Unusable):
        pdfs.check(content)


def test_a_worker_that_is_late_or_dies_is_a_refusal(room: Dossiers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_WALL_S", 0.001)
    with pytest.raises(ISeeError, match="quá nhiều thời gian"):
        room.uploads.check("a.jpg", drawn("JPEG"), ["jpg"])
    monkeypatch.undo()
    monkeypatch.setattr(sandbox.sys, "executable", "/bin/false")
    with pytest.raises(ISeeError, match="không mở được"):
        room.uploads.check("a.jpg", drawn("JPEG"), ["jpg"])


def test_a_full_queue_says_so(room: Dossiers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_WAIT_S", 0.01)
    slots = sandbox._slots
    taken = [slots.acquire(timeout=60) for _ in range(2)]
    try:
        with pytest.raises(NotReady, match="ít phút"):
            room.uploads.check("a.jpg", drawn("JPEG"), ["jpg"])
    finally:
        for _ in taken:
            slots.release()
