"""PDFs written by hand, object by object, so that they may break every rule."""

from __future__ import annotations

import io
import zlib

from pypdf import PdfWriter

__all__ = ["many_pages", "packed_objects", "plain", "raw", "stream"]


def plain(pages: int = 1) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(100, 100)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def raw(catalog: bytes = b"", page: bytes = b"", objects: tuple[bytes, ...] = (), trailer: bytes = b"") -> bytes:
    """One page; `catalog` and `page` are put into their dictionaries, `objects` become 4, 5, … unless they say else."""
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] " + page + b" >>",
        *objects,
    ]
    out, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, trailer, start)


def stream(data: bytes, about: bytes = b"") -> bytes:
    packed = zlib.compress(data, 9)
    return b"<< /Length %d /Filter /FlateDecode %s >>\nstream\n%s\nendstream" % (len(packed), about, packed)


def packed_objects(inner: bytes) -> bytes:
    """`inner` as object 9 of an object stream, which no cross reference names: some viewers rebuild and find it."""
    head = b"9 0 "
    about = b"/Type /ObjStm /N 1 /First %d" % len(head)
    return raw(objects=(stream(head + inner, about),))


def many_pages(count: int) -> bytes:
    """A page tree of `count` pages that are all one object."""
    kids = b"[" + b"3 0 R " * count + b"]"
    return raw().replace(b"/Kids [3 0 R] /Count 1", b"/Kids %s /Count %d" % (kids, count))
