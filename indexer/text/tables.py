"""The reviewed tables in `data/`: tab-separated, `#` starts a comment line, the first other line names the columns."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

__all__ = ["DATA", "abbreviations", "kept_words", "latin_words", "read_table"]

DATA = Path(__file__).resolve().parent / "data"


def read_table(name: str) -> list[dict[str, str]]:
    """The rows of `data/<name>`, missing cells empty.

    Raises ValueError naming file and line where a row has more cells than columns.
    """
    rows: list[dict[str, str]] = []
    columns: list[str] = []
    for number, line in enumerate((DATA / name).read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        if not columns:
            columns = cells
            continue
        if len(cells) > len(columns):
            names = ", ".join(columns)
            raise ValueError(f"{name}:{number}: {len(cells)} cells, but only {len(columns)} columns: {names}")
        rows.append(dict(zip(columns, cells + [""] * (len(columns) - len(cells)), strict=False)))
    return rows


@lru_cache(maxsize=1)
def latin_words() -> frozenset[str]:
    """Words of other languages and names that citizens type as they are; never decoded, shortened or cut."""
    return frozenset(row["word"] for row in read_table("latin_words.tsv"))


@lru_cache(maxsize=1)
def abbreviations() -> tuple[dict[str, str], ...]:
    """The rows of `abbreviations.tsv`: form, expansion, before, after, reason."""
    return tuple(read_table("abbreviations.tsv"))


@lru_cache(maxsize=1)
def kept_words() -> frozenset[str]:
    """Words that keystroke decoding must not touch: foreign words and the abbreviations, expanded elsewhere."""
    return latin_words() | {row["form"] for row in abbreviations()}
