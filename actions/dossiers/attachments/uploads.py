"""Files that citizens send: judged by content, cleaned, stored encrypted outside any served folder."""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select

from actions.dossiers.attachments import sandbox, virus
from actions.dossiers.attachments.kinds import TYPES, Kind, Sent, Unusable, kind_of
from actions.dossiers.tables import DossierFileRow
from actions.messages import Messages
from common.clock import utc_now
from common.database import Database
from common.errors import InvalidInput, NotFound, NotReady, TooLarge
from common.keyring import Keyring
from common.settings import Settings

__all__ = ["Upload", "Uploads"]

_MESSAGES = Path(__file__).with_name("messages.yml")
_ORPHAN = timedelta(hours=1)
_log = structlog.get_logger(__name__)
_SAME = {"jpeg": "jpg", "jpe": "jpg", "jfif": "jpg", "heif": "heic", "hif": "heic"}


@dataclass(frozen=True)
class Upload:
    """A checked file: safe name, MIME type and cleaned content."""

    name: str
    type: str
    content: bytes


class Uploads:
    """Checks, stores, reads and removes uploads. Whoever hands one out asks `papers.Papers` who may have it."""

    def __init__(self, settings: Settings, database: Database, keyring: Keyring) -> None:
        self._folder = settings.uploads_dir
        self._limit = int(settings.upload_max_mb * 1024 * 1024)
        self._limit_mb = settings.upload_max_mb
        self._scanner = settings.clamd
        self._database = database
        self._keyring = keyring
        self._texts = Messages.load(_MESSAGES)

    def check(self, filename: str, content: bytes, accept: Sequence[Kind]) -> Upload:
        """The cleaned file; a heic photo, taken wherever jpg is, comes back as jpg.

        Raises TooLarge or InvalidInput with a sentence for the citizen, NotReady when it can't be checked now.
        """
        sent = self._sized(content)
        kind: Kind | None = "jpg" if sent == "heic" else sent
        if kind is None or kind not in accept:
            raise self._problem("type", kinds=", ".join(accept))
        extension = Path(filename).suffix.lower().lstrip(".")
        if extension and _SAME.get(extension, extension) not in (sent, kind):
            raise self._problem("mislabelled", given=extension[:8], kind=sent or "")
        _head, cleaned = self._sandboxed("pdf" if kind == "pdf" else "image", content)
        self._scan(content)
        return Upload(_safe_name(filename, kind), TYPES[kind], cleaned)

    def codes(self, content: bytes) -> list[bytes]:
        """What the QR codes on a photo say; the photo is kept nowhere. Raises as `check` does."""
        sent = self._sized(content)
        if sent is None or sent == "pdf":
            raise self._problem("type", kinds="jpg, png, heic")
        self._scan(content)
        head, _body = self._sandboxed("card", content)
        return [bytes.fromhex(code) for code in head["codes"]]

    def drawn(self, upload: Upload, page: int) -> tuple[int, bytes]:
        """(pages, one of them as JPEG; nothing for page 0), in a process of its own. Raises InvalidInput, NotReady."""
        head, picture = self._sandboxed("view", upload.content, page)
        return int(head["pages"]), picture

    def store(self, conversation_id: str, upload: Upload) -> str:
        """Writes the file encrypted and returns its id. A file that no answer takes is removed after an hour."""
        self.purge()
        file_id = secrets.token_hex(16)
        # The row first: what a crash leaves behind is found by `purge` through it.
        with self._database.session() as session:
            session.add(DossierFileRow(
                id=file_id, conversation_id=conversation_id, sealed_name=self._keyring.encrypt(upload.name),
                type=upload.type, size=len(upload.content), created_at=utc_now()))
        self._write(file_id, self._keyring.encrypt(upload.content))
        return file_id

    def read(self, file_id: str) -> Upload:
        """Raises NotFound."""
        with self._database.session(write=False) as session:
            row = session.get(DossierFileRow, file_id)
            if row is None:
                raise NotFound(self._texts.render("upload.gone"))
            return Upload(self._keyring.decrypt(row.sealed_name).decode(), row.type, self.content(file_id))

    def put(self, content: bytes) -> str:
        """Writes cleaned content encrypted for an owner with a table of its own, and returns its id."""
        file_id = secrets.token_hex(16)
        self._write(file_id, self._keyring.encrypt(content))
        return file_id

    def content(self, file_id: str) -> bytes:
        """What `put` wrote. Raises NotFound."""
        path = self._path(file_id)
        if not path.exists():
            raise NotFound(self._texts.render("upload.gone"))
        return self._keyring.decrypt(path.read_bytes())

    def drop(self, file_id: str) -> None:
        """Deletes what `put` wrote."""
        self._path(file_id).unlink(missing_ok=True)

    def purge(self) -> int:
        """Removes files that belong to no draft and no dossier; returns how many."""
        with self._database.session() as session:
            rows = list(session.scalars(select(DossierFileRow).where(
                DossierFileRow.draft_id.is_(None), DossierFileRow.dossier_id.is_(None),
                DossierFileRow.created_at < utc_now() - _ORPHAN)))
            for row in rows:
                session.delete(row)
        for row in rows:
            self.drop(row.id)
        return len(rows)

    def _sized(self, content: bytes) -> Sent | None:
        """What the content is, its size being in order. Raises InvalidInput, TooLarge."""
        if not content:
            raise self._problem("empty")
        if len(content) > self._limit:
            raise TooLarge(self._texts.render("upload.large", limit=f"{self._limit_mb:g}"))
        return kind_of(content)

    def _sandboxed(self, task: sandbox.Task, content: bytes, *numbers: int) -> tuple[dict[str, Any], bytes]:
        try:
            return sandbox.run(task, content, *numbers)
        except Unusable as problem:
            raise self._problem(problem.key, **{"kinds": "jpg, png, heic", **problem.values}) from None
        except sandbox.Busy as error:
            raise NotReady(self._texts.render("upload.busy")) from error

    def _scan(self, content: bytes) -> None:
        if not self._scanner:
            return
        try:
            clean = virus.is_clean(self._scanner, content)
        except virus.ScannerDown as error:
            _log.error("scanner_down", cause=str(error))
            raise NotReady(self._texts.render("upload.scanner_down")) from error
        if not clean:
            raise self._problem("virus")

    def _write(self, file_id: str, sealed: bytes) -> None:
        path = self._path(file_id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed)
        part.replace(path)

    def _path(self, file_id: str) -> Path:
        if not re.fullmatch(r"[0-9a-f]{32}", file_id):
            raise NotFound(self._texts.render("upload.gone"))
        return self._folder / file_id[:2] / f"{file_id}.enc"

    def _problem(self, key: str, **values: object) -> InvalidInput:
        return InvalidInput(self._texts.render(f"upload.{key}", **values), field="file")


def _safe_name(filename: str, kind: Kind) -> str:
    stem = Path(filename.replace("\\", "/")).name
    stem = unicodedata.normalize("NFC", Path(stem).stem)
    stem = re.sub(r"[^\w\- ]+", "-", "".join(char for char in stem if char.isprintable())).strip("-_ .")
    return f"{stem[:60] or 'tep'}.{kind}"
