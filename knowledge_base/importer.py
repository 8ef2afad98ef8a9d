"""Imports an official catalogue (JSON lines): sound rows are published, each other row is rejected by line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from common.errors import InvalidInput, TooLarge
from knowledge_base.model import Guide, Origin
from knowledge_base.official import official_guide
from knowledge_base.phrasing import with_phrasings
from knowledge_base.store import KnowledgeBase

__all__ = ["ImportReport", "Rejected", "import_catalogue", "read_catalogue", "read_rows"]

_MAX_LINE = 2 * 1024 * 1024
_MAX_FILE = 512 * 1024 * 1024

Progress = Callable[[int, int], None]


class Rejected(NamedTuple):
    """A row that wasn't taken: its line (1-based), its code where it could be read, and why."""

    line: int
    code: str
    reason: str


@dataclass
class ImportReport:
    """Codes published anew, codes whose text was already there, and the rejected rows."""

    accepted: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def import_catalogue(
    path: Path, kb: KnowledgeBase, progress: Progress | None = None, *, author: str = "import"
) -> ImportReport:
    """Publishes the rows of `path` as imported guides; repeating it changes nothing.

    `progress(done, total)` counts bytes of the file. Raises InvalidInput when the file can't be read and
    TooLarge when it is over 512 MB; never for what a row holds.
    """
    guides, rejected = read_catalogue(path, progress)
    published = kb.publish_gently(guides, Origin.IMPORTED, author=author, reason=f"import {path.name}")
    return ImportReport(published.changed, published.unchanged, rejected)


def read_catalogue(path: Path, progress: Progress | None = None) -> tuple[list[Guide], list[Rejected]]:
    """The guides of a catalogue file and the rows that are none."""
    guides: list[Guide] = []
    rejected: list[Rejected] = []
    for line, code, guide, problem in read_rows(path, progress):
        if guide is None:
            rejected.append(Rejected(line, code, problem))
        else:
            guides.append(guide)
    return guides, rejected


def read_rows(path: Path, progress: Progress | None = None) -> Iterator[tuple[int, str, Guide | None, str]]:
    """`(line, code, guide, problem)` of each row as it is read; a row has a guide or a problem."""
    first_line: dict[str, int] = {}
    for number, row, problem in _rows(path, progress):
        code, guide = _code_of(row), None
        if not problem and code in first_line:
            problem = f"code: trùng với dòng {first_line[code]}"
        if not problem:
            try:
                guide = with_phrasings(official_guide(row))
            except InvalidInput as error:
                problem = error.detail
            else:
                first_line[guide.code] = number
        yield number, guide.code if guide else code, guide, problem


def _code_of(row: Any) -> str:
    code = row.get("code") if isinstance(row, dict) else None
    return code.strip()[:40].encode("utf-8", "replace").decode() if isinstance(code, str) else ""


def _rows(path: Path, progress: Progress | None) -> Iterator[tuple[int, Any, str]]:
    """`(line number, row, problem)` of each line that isn't blank."""
    try:
        total = path.stat().st_size
        stream = path.open("rb")
    except OSError as error:
        raise InvalidInput(f"không đọc được tệp {path}: {error.strerror}") from error
    with stream:
        if total > _MAX_FILE:
            raise TooLarge(f"tệp {path.name} lớn hơn {_MAX_FILE // 1024**2} MB")
        done = 0
        number = 0
        while line := stream.readline(_MAX_LINE + 1):
            number += 1
            done += len(line)
            if len(line) > _MAX_LINE:
                while not line.endswith(b"\n") and (line := stream.readline(_MAX_LINE)):
                    done += len(line)
                yield number, None, f"dòng dài hơn {_MAX_LINE // 1024**2} MB"
            elif line.strip():
                yield number, *_parse(line, first=number == 1)
            if progress:
                progress(done, total)


def _parse(line: bytes, *, first: bool) -> tuple[Any, str]:
    try:
        return json.loads(line.decode("utf-8-sig" if first else "utf-8")), ""
    except UnicodeDecodeError:
        return None, "không phải văn bản UTF-8"
    except json.JSONDecodeError as error:
        return None, f"JSON sai ở cột {error.colno}: {error.msg}"
    except (RecursionError, ValueError):
        return None, "JSON lồng quá sâu hoặc có số quá lớn"
