"""PDFs with active content are told from plain ones. A plain one is kept byte for byte: it may be signed.

Three looks, since one parser's view of a file is not every viewer's: a walk over every object that the cross
references name (reachable or not), the names of each object stream, and the names in the raw bytes, escapes
(`#4a`) read. Rules: ISO 32000-1, 12.6 (actions), 7.11 (files), 12.7 (forms), 7.3.5 (names).
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from actions.dossiers.attachments.kinds import MAX_PAGES, Unusable

__all__ = ["check"]

# Keys that make something happen or carry a file along.
_KEYS = frozenset(("/JavaScript", "/JS", "/AA", "/EmbeddedFiles", "/EF", "/RichMedia", "/XFA", "/Collection"))
# Kinds of actions that reach beyond the page: scripts, programs, other files, sending data.
_ACTIONS = frozenset((
    "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Rendition", "/Movie", "/Sound",
    "/GoTo3DView", "/RichMediaExecute",
))
_KINDS = frozenset(("/EmbeddedFile", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D", "/FileAttachment"))
# Long enough never to occur by chance within packed data.
_LONG_NAMES = frozenset(name for name in _KEYS | _ACTIONS | _KINDS if len(name) >= 7)
_NAME = re.compile(rb"/[A-Za-z#][A-Za-z0-9#]{2,40}")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"stream\r?\n")
_LINK = re.compile(r"^(?:https?://|mailto:|tel:)", re.IGNORECASE)
_MAX_OBJECTS = 200_000
_MAX_STREAM = 120_000_000
_MAX_STREAMS = 500_000_000
_CHUNK = 1 << 20
# What a damaged file makes pypdf raise.
_BROKEN = (
    PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, RecursionError,
    NotImplementedError, AssertionError, OverflowError, zlib.error,
)


def check(content: bytes) -> None:
    """Raises Unusable for a file that is damaged, locked, too long, packed beyond measure, or active."""
    if _names_of(content) & _LONG_NAMES:
        raise Unusable("pdf_active")
    _check_packing(content)
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted or "/Encrypt" in reader.trailer:
            raise Unusable("pdf_locked")
        pages = _page_count(reader)
        active = any(_is_active(item) for item in _objects(reader))
    except _BROKEN as error:
        raise Unusable("broken_pdf") from error
    if pages == 0:
        raise Unusable("broken_pdf")
    if pages > MAX_PAGES:
        raise Unusable("pdf_pages", pages=pages, limit=MAX_PAGES)
    if active:
        raise Unusable("pdf_active")


def _page_count(reader: PdfReader) -> int:
    """Pages by the tree's own count where it is over the limit, so that a tree of thousands isn't walked."""
    root = reader.trailer["/Root"]
    told = int(root["/Pages"]["/Count"])  # type: ignore[index]
    return told if told > MAX_PAGES else len(reader.pages)


def _objects(reader: PdfReader) -> Iterator[object]:
    """Every object of the file once, those that nothing refers to included."""
    seen: set[tuple[int, int]] = set()
    stack: list[object] = [reader.trailer]
    for generation, numbers in reader.xref.items():
        stack += [IndirectObject(number, generation, reader) for number in numbers]
    stack += [IndirectObject(number, 0, reader) for number in reader.xref_objStm]
    visited = 0
    while stack:
        item = stack.pop()
        if isinstance(item, IndirectObject):
            if (item.idnum, item.generation) in seen:
                continue
            seen.add((item.idnum, item.generation))
            item = item.get_object()
        visited += 1
        if visited > _MAX_OBJECTS:
            raise Unusable("pdf_packed")
        yield item
        if isinstance(item, DictionaryObject):
            stack += [item.raw_get(key) for key in item]
        elif isinstance(item, ArrayObject):
            stack += list(item)


def _is_active(item: object) -> bool:
    """Whether this one object does something, or brings a file."""
    if not isinstance(item, DictionaryObject):
        return False
    keys = set(item.keys())
    if _KEYS & keys or _named(item, "/S") in _ACTIONS or _named(item, "/Type") in _KINDS:
        return True
    elsewhere = isinstance(item, StreamObject) and bool({"/F", "/Ref"} & keys)  # data, or a page, of another file
    if elsewhere or _named(item, "/Subtype") in _KINDS:
        return True
    if "/OpenAction" in keys and not _only_a_view(item["/OpenAction"]):
        return True
    # A link is followed only when somebody presses it; one to a file or a share is no ordinary link.
    return "/URI" in keys and _named(item, "/S") == "/URI" and not _LINK.match(str(item["/URI"]).strip())


def _named(item: DictionaryObject, key: str) -> str:
    value = item.get(key)
    value = value.get_object() if isinstance(value, IndirectObject) else value
    return value if isinstance(value, str) else ""


def _only_a_view(opening: object) -> bool:
    """Whether opening the file does no more than show a page of it, as most programs write it."""
    opening = opening.get_object() if isinstance(opening, IndirectObject) else opening
    if isinstance(opening, DictionaryObject):
        return _named(opening, "/S") == "/GoTo" and "/Next" not in opening
    return isinstance(opening, ArrayObject | str)


def _names_of(data: bytes) -> set[str]:
    """The names written anywhere in `data`, escapes read."""
    return {_ESCAPE.sub(_unescaped, name).decode("latin-1") for name in set(_NAME.findall(data))}


def _unescaped(match: re.Match[bytes]) -> bytes:
    return bytes((int(match[1], 16),))


def _check_packing(content: bytes) -> None:
    """Unpacks each deflated stream up to a limit: bombs are refused, and object streams are read for names."""
    total = 0
    for match in _STREAM.finditer(content):
        about = content[max(0, match.start() - 400) : match.start()]
        objects = b"ObjStm" in about
        size, found = _unpacked(content, match.end(), objects)
        total += size
        if size > _MAX_STREAM or total > _MAX_STREAMS:
            raise Unusable("pdf_packed")
        if found & _LONG_NAMES:
            raise Unusable("pdf_active")


def _unpacked(content: bytes, start: int, read: bool) -> tuple[int, set[str]]:
    """How many bytes the deflated stream at `start` holds, and (if `read`) the names in it; 0 for other streams."""
    machine = zlib.decompressobj()
    size, names, tail = 0, set[str](), b""
    at = start
    try:
        while not machine.eof and size <= _MAX_STREAM:
            fed = machine.unconsumed_tail
            if not fed:
                fed, at = content[at : at + 65536], at + 65536
                if not fed:
                    break
            piece = machine.decompress(fed, _CHUNK)
            size += len(piece)
            if read:
                names |= _names_of(tail + piece)
                tail = piece[-64:]
    except zlib.error:
        return size, names
    return size, names
