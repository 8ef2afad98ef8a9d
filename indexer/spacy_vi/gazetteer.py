"""Places and documents as entity patterns, with and without diacritics."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from indexer.text import strip_diacritics

__all__ = ["document_patterns", "place_patterns"]

Pattern = dict[str, Any]
_DOCUMENTS = Path(__file__).resolve().parent / "data" / "documents.tsv"
_PREFIXES = {
    "Phường": ("phường", "p.", "p"),
    "Xã": ("xã", "x."),
    "Đặc khu": ("đặc khu",),
    "Thị trấn": ("thị trấn", "tt.", "tt"),
    "Huyện": ("huyện", "h."),
    "Thành phố": ("thành phố", "tp.", "tp"),
    "Thị xã": ("thị xã", "tx.", "tx"),
}
_EVERYDAY = frozenset({"an sinh", "thống nhất"})
"""Communes whose bare names are everyday words ("an sinh xã hội"): found with their prefix, or in capitals."""


def _split(name: str) -> tuple[str, str]:
    """The kind and the short name of a unit: ("Phường", "Hà Tu"). Raises ValueError for an unknown kind."""
    for kind in _PREFIXES:
        if name.startswith(kind + " "):
            return kind, name[len(kind) + 1 :]
    raise ValueError(f"{name!r}: the name must begin with one of {', '.join(_PREFIXES)}")


def _forms(name: str, *, bare: bool) -> set[str]:
    """Lower-case spellings of a unit's name: every prefix of its kind, and the bare name if `bare`."""
    kind, short = _split(name)
    spelt = {f"{prefix} {short}" for prefix in _PREFIXES[kind]}
    spelt |= {f"{prefix}{short}" for prefix in _PREFIXES[kind] if prefix.endswith(".")}
    if bare:
        spelt.add(short)
    lowered = {form.lower() for form in spelt}
    return lowered | {strip_diacritics(form) for form in lowered}


def _titled(label: str, short: str, identifier: str) -> Iterator[Pattern]:
    """The bare name with its capitals, word by word."""
    for form in (short, strip_diacritics(short)):
        yield {"label": label, "pattern": [{"TEXT": word} for word in form.split()], "id": identifier}


def place_patterns(communes: Path) -> list[Pattern]:
    """Patterns of the present communes and of former units and districts.

    `communes` is the facts file (`actions/centres/data/communes.json`). A present name wins over a former
    one. The id of a commune is its code, that of a former place its full name. Bare names of former units
    count only in capitals: many are everyday words or persons' names.
    """
    rows = json.loads(communes.read_text(encoding="utf-8"))["communes"]
    taken: set[str] = set()
    patterns: list[Pattern] = []

    def add(label: str, identifier: str, forms: Iterable[str]) -> None:
        for form in sorted(set(forms) - taken):
            taken.add(form)
            patterns.append({"label": label, "pattern": form, "id": identifier})

    for row in rows:
        add("commune", row["code"], _forms(row["name"], bare=row["short"].lower() not in _EVERYDAY))
        if row["short"].lower() in _EVERYDAY:
            patterns.extend(_titled("commune", row["short"], row["code"]))
            taken.add(row["short"].lower())
    former = sorted({unit["name"] for row in rows for unit in row["former_units"]})
    districts = sorted({unit["district"] for row in rows for unit in row["former_units"]})
    for name in districts:
        add("old_place", name, _forms(name, bare=True))
    for name in former:
        add("old_place", name, _forms(name, bare=False))
        short = _split(name)[1]
        if short.lower() not in taken:
            patterns.extend(_titled("old_place", short, name))
    return patterns


def document_patterns() -> list[Pattern]:
    """Patterns of the documents in `data/documents.tsv`; the id is the document's official name."""
    with _DOCUMENTS.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        rows = list(csv.DictReader(lines, delimiter="\t"))
    patterns = []
    for row in rows:
        forms = {form.strip() for form in row["forms"].split(";")}
        for form in sorted(forms | {strip_diacritics(form) for form in forms}):
            patterns.append({"label": "document", "pattern": form, "id": row["document"]})
    return patterns
