"""The index on disk: a folder with a manifest, written beside the old one and swapped in at once.

`manifest.json` names the encoder, the knowledge-base revision, each procedure's digest and each file's
checksum; `entries.jsonl` holds one searchable text a line, in the row order of `vectors.faiss`.
A reader therefore sees a whole index or none, also after a crash or a full disk.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from common.errors import SetupProblem
from indexer.search.types import Entry, EntryKind

__all__ = ["FORMAT", "Manifest", "StoredIndex", "load_index", "save_index", "stored_manifest"]

FORMAT = 2
_CURRENT = "CURRENT"
_WRITTEN_S = 600


@dataclass(frozen=True)
class Manifest:
    """What a stored index was made from. `digests` maps procedure code to the digest of its entries."""

    format: int
    encoder: str
    dim: int
    revision: int
    entries: int
    digests: dict[str, str]
    checksums: dict[str, str]


@dataclass(frozen=True)
class StoredIndex:
    manifest: Manifest
    entries: list[Entry]
    vectors: Any  # faiss.IndexFlatIP, memory-mapped


def save_index(
    folder: Path,
    *,
    encoder: str,
    revision: int,
    digests: dict[str, str],
    entries: list[Entry],
    vectors: np.ndarray,
) -> Manifest:
    """Writes a new generation and makes it the current one. `vectors`: float32 (n, dim), L2-normalised."""
    folder.mkdir(parents=True, exist_ok=True)
    target = Path(tempfile.mkdtemp(prefix="generation-", dir=folder))
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(np.ascontiguousarray(vectors, dtype=np.float32))
    faiss.write_index(flat, str(target / "vectors.faiss"))
    lines = (
        json.dumps([entry.code, entry.kind.value, entry.text, entry.searched], ensure_ascii=False) for entry in entries
    )
    (target / "entries.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    checksums = {name: _checksum(target / name) for name in ("vectors.faiss", "entries.jsonl")}
    manifest = Manifest(FORMAT, encoder, int(vectors.shape[1]), revision, len(entries), digests, checksums)
    (target / "manifest.json").write_text(json.dumps(asdict(manifest)), encoding="utf-8")
    _switch(folder, target.name)
    return manifest


def stored_manifest(folder: Path) -> Manifest | None:
    """What the current index was made from; None when there is none or it was written by another version.

    Raises SetupProblem when it can't be read.
    """
    generation = _current(folder)
    return _manifest(generation) if generation else None


def load_index(folder: Path, *, verify: bool = True) -> StoredIndex | None:
    """The current index, vectors memory-mapped; None when there is none.

    Raises SetupProblem when a file is missing or differs from its checksum.
    """
    generation = _current(folder)
    manifest = _manifest(generation) if generation else None
    if generation is None or manifest is None:
        return None
    if verify:
        for name, checksum in manifest.checksums.items():
            if not (generation / name).exists() or _checksum(generation / name) != checksum:
                raise SetupProblem(_damaged(generation, name))
    with (generation / "entries.jsonl").open(encoding="utf-8") as lines:
        entries = [Entry(code, EntryKind(kind), *texts) for code, kind, *texts in map(json.loads, lines)]
    vectors = faiss.read_index(str(generation / "vectors.faiss"), faiss.IO_FLAG_MMAP_IFC)
    return StoredIndex(manifest, entries, vectors)


def _current(folder: Path) -> Path | None:
    pointer = folder / _CURRENT
    return folder / pointer.read_text().strip() if pointer.exists() else None


def _manifest(generation: Path) -> Manifest | None:
    try:
        manifest = Manifest(**json.loads((generation / "manifest.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise SetupProblem(_damaged(generation, "manifest.json")) from error
    return manifest if manifest.format == FORMAT else None


def _switch(folder: Path, name: str) -> None:
    """Points CURRENT at the new generation, then drops all but it and the one before (readers may hold it)."""
    pointer = folder / _CURRENT
    before = pointer.read_text().strip() if pointer.exists() else ""
    fresh = folder / f"{_CURRENT}.new"
    fresh.write_text(name)
    with fresh.open() as file:
        os.fsync(file.fileno())
    fresh.replace(pointer)
    for old in folder.glob("generation-*"):
        if old.name not in (name, before) and not _being_written(old):
            shutil.rmtree(old, ignore_errors=True)


def _being_written(generation: Path) -> bool:
    """Whether another process may still be at it: its manifest comes last."""
    try:
        return not (generation / "manifest.json").exists() and time.time() - generation.stat().st_mtime < _WRITTEN_S
    except OSError:
        return False


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(generation: Path, name: str) -> str:
    return f"Chỉ mục hỏng: {generation / name} thiếu hoặc sai mã kiểm tra. Chạy `isee index build --force` để dựng lại."
