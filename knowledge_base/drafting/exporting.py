"""Guides as a zip of YAML files, written by a process of its own: `… exporting FILE`, codes on standard input."""

from __future__ import annotations

import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from common.database import Database
from common.errors import ISeeError
from common.settings import get_settings
from knowledge_base.drafting.processes import started
from knowledge_base.drafting.states import standing
from knowledge_base.export import export_yaml
from knowledge_base.store import KnowledgeBase

__all__ = ["Exporting", "main"]

_LONGEST_S = 300


class Exporting:
    """Writes zips for download."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def zipped(self, codes: Sequence[str]) -> Path:
        """A temporary zip with `<code>.yml` for each code; the caller removes it. Raises ISeeError."""
        with tempfile.NamedTemporaryFile(suffix=".zip", delete=False) as file:
            made = Path(file.name)
        process = started(
            "knowledge_base.drafting.exporting", str(made), database_url=self._database.url)
        process.communicate("\n".join(codes).encode(), timeout=_LONGEST_S)
        if process.returncode:
            made.unlink(missing_ok=True)
            raise ISeeError("Chưa xuất được các hướng dẫn. Thử lại, hoặc xuất từng hướng dẫn.")
        return made


def main(arguments: Sequence[str], codes: Sequence[str]) -> int:
    """Writes the zip. A code that isn't published is left out."""
    kb = KnowledgeBase(Database(get_settings().database_url))
    snapshot = kb.snapshot()
    with zipfile.ZipFile(arguments[0], "w", zipfile.ZIP_DEFLATED) as archive:
        for code in codes:
            found = standing(snapshot, code)
            if found is not None:
                archive.writestr(f"{code}.yml", export_yaml(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], sys.stdin.read().split()))
