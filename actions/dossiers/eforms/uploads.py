"""Files that citizens send: judged by content, cleaned, stored encrypted outside any served folder."""

from __future__ import annotations

import io
import os
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from PIL import Image, ImageOps, UnidentifiedImageError
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject
from sqlalchemy import select

from actions.dossiers.eforms.values import Texts
from actions.dossiers.tables import DossierFileRow
from common.clock import utc_now
from common.database import Database
from common.errors import InvalidInput, NotFound, TooLarge
from common.keyring import Keyring
from common.settings import Settings

__all__ = ["Upload", "Uploads"]

Kind = Literal["jpg", "png", "pdf"]
_MAX_PIXELS = 40_000_000
_MAX_SIDE = 4000
_MAX_PAGES = 50
_ORPHAN = timedelta(hours=1)
_TYPES: dict[Kind, str] = {"jpg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}
_ACTIVE = frozenset({
    "/JavaScript", "/JS", "/OpenAction", "/AA", "/Launch", "/EmbeddedFile", "/EmbeddedFiles", "/RichMedia", "/XFA",
})
# What a damaged file makes pypdf raise.
_BROKEN = (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, RecursionError)


@dataclass(frozen=True)
class Upload:
    """A checked file: safe name, MIME type and cleaned content."""

    name: str
    type: str
    content: bytes


class Uploads:
    """Checks, stores, reads and removes uploads."""

    def __init__(self, settings: Settings, database: Database, keyring: Keyring, texts: Texts) -> None:
        self._folder = settings.uploads_dir
        self._limit = int(settings.upload_max_mb * 1024 * 1024)
        self._limit_mb = settings.upload_max_mb
        self._database = database
        self._keyring = keyring
        self._texts = texts

    def check(self, filename: str, content: bytes, accept: list[Kind]) -> Upload:
        """The cleaned file. Raises TooLarge or InvalidInput with a sentence for the citizen."""
        if not content:
            raise self._problem("empty")
        if len(content) > self._limit:
            raise TooLarge(self._texts.render("eform.upload.large", limit=f"{self._limit_mb:g}"))
        kind = _kind(content)
        if kind is None or kind not in accept:
            raise self._problem("type", kinds=", ".join(accept))
        extension = Path(filename).suffix.lower().lstrip(".")
        if extension and {"jpeg": "jpg"}.get(extension, extension) != kind:
            raise self._problem("mislabelled", given=extension[:8], kind=kind)
        cleaned = self._pdf(content) if kind == "pdf" else self._image(content, kind)
        return Upload(_safe_name(filename, kind), _TYPES[kind], cleaned)

    def store(self, conversation_id: str, upload: Upload) -> str:
        """Writes the file encrypted and returns its id. A file that no answer takes is removed after an hour."""
        self.purge()
        file_id = secrets.token_hex(16)
        # The row first: what a crash leaves behind is found by `purge` through it.
        with self._database.session() as session:
            session.add(DossierFileRow(
                id=file_id, conversation_id=conversation_id, sealed_name=self._keyring.encrypt(upload.name),
                type=upload.type, size=len(upload.content), created_at=utc_now()))
        path = self._path(file_id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._keyring.encrypt(upload.content))
        part.replace(path)
        return file_id

    def read(self, file_id: str) -> Upload:
        """Raises NotFound."""
        with self._database.session(write=False) as session:
            row = session.get(DossierFileRow, file_id)
            path = self._path(file_id)
            if row is None or not path.exists():
                raise NotFound(self._texts.render("eform.upload.gone"))
            content = self._keyring.decrypt(path.read_bytes())
            return Upload(self._keyring.decrypt(row.sealed_name).decode(), row.type, content)

    def purge(self) -> int:
        """Removes files that belong to no draft and no dossier; returns how many."""
        with self._database.session() as session:
            rows = list(session.scalars(select(DossierFileRow).where(
                DossierFileRow.draft_id.is_(None), DossierFileRow.dossier_id.is_(None),
                DossierFileRow.created_at < utc_now() - _ORPHAN)))
            for row in rows:
                session.delete(row)
        for row in rows:
            self._path(row.id).unlink(missing_ok=True)
        return len(rows)

    def _path(self, file_id: str) -> Path:
        if not re.fullmatch(r"[0-9a-f]{32}", file_id):
            raise NotFound(self._texts.render("eform.upload.gone"))
        return self._folder / file_id[:2] / f"{file_id}.enc"

    def _problem(self, key: str, **values: object) -> InvalidInput:
        return InvalidInput(self._texts.render(f"eform.upload.{key}", **values), field="file")

    def _image(self, content: bytes, kind: Kind) -> bytes:
        """The picture drawn anew: no metadata (place, device), no trailing bytes, at most 4000 px a side."""
        try:
            with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as image:
                if image.width * image.height > _MAX_PIXELS:
                    raise self._problem("pixels", limit=_MAX_PIXELS // 1_000_000)
                image.load()
                upright = ImageOps.exif_transpose(image)
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise self._problem("broken_image") from error
        upright.thumbnail((_MAX_SIDE, _MAX_SIDE))
        plain = Image.new("RGB", upright.size, "white")
        layers = upright.convert("RGBA")
        plain.paste(layers, mask=layers.getchannel("A"))
        out = io.BytesIO()
        if kind == "jpg":
            plain.save(out, "JPEG", quality=88, optimize=True)
        else:
            plain.save(out, "PNG", optimize=True)
        return out.getvalue()

    def _pdf(self, content: bytes) -> bytes:
        try:
            reader = PdfReader(io.BytesIO(content), strict=False)
            if reader.is_encrypted:
                raise self._problem("pdf_locked")
            pages = len(reader.pages)
            active = _has_active_content(reader)
        except _BROKEN as error:
            raise self._problem("broken_pdf") from error
        if pages == 0:
            raise self._problem("broken_pdf")
        if pages > _MAX_PAGES:
            raise self._problem("pdf_pages", pages=pages, limit=_MAX_PAGES)
        if active:
            raise self._problem("pdf_active")
        return content


def _kind(content: bytes) -> Kind | None:
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    return "pdf" if content.startswith(b"%PDF-") else None


def _has_active_content(reader: PdfReader) -> bool:
    """Whether any object of the file, reachable or not, carries a script, an action on opening or a file."""
    seen: set[tuple[int, int]] = set()
    stack: list[object] = [reader.trailer]
    for generation, numbers in reader.xref.items():
        stack += [IndirectObject(number, generation, reader) for number in numbers]
    stack += [IndirectObject(number, 0, reader) for number in reader.xref_objStm]
    while stack:
        item = stack.pop()
        if isinstance(item, IndirectObject):
            if (item.idnum, item.generation) in seen:
                continue
            seen.add((item.idnum, item.generation))
            item = item.get_object()
        if isinstance(item, DictionaryObject):
            if _ACTIVE & set(item.keys()) or item.get("/Type") == "/EmbeddedFile" or item.get("/S") in _ACTIVE:
                return True
            stack += [item.raw_get(key) for key in item]
        elif isinstance(item, ArrayObject):
            stack += list(item)
    return False


def _safe_name(filename: str, kind: Kind) -> str:
    stem = Path(filename.replace("\\", "/")).name
    stem = unicodedata.normalize("NFC", Path(stem).stem)
    stem = re.sub(r"[^\w\- ]+", "-", "".join(char for char in stem if char.isprintable())).strip("-_ .")
    return f"{stem[:60] or 'tep'}.{kind}"
