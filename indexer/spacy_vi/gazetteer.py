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
# A kind before a name as people mistype it; after one a name may be misspelt.
_KIND = r"(?:ph[uưừờơ]*[oờơ]?n?g|f[uư]?[oờơ]*n?g?|p|phg|fg|xã|xa|đặc|khu|tx|tp|huyện|huyen|h)\.?"
_VOWELS = {
    "a": "aàáảãạăằắẳẵặâầấẩẫậ",
    "e": "eèéẻẽẹêềếểễệ",
    "i": "iìíỉĩị",
    "o": "oòóỏõọôồốổỗộơờớởỡợ",
    "u": "uùúủũụưừứửữự",
}
_LETTERS = {**_VOWELS, "y": "yỳýỷỹỵ", "d": "dđ"}
_LEAST_JOINED, _SYLLABLES = 5, 2
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


def _joined(name: str) -> set[str]:
    """The bare name written as one word: "hạlong", "halong"; short ones would be other words."""
    short = "".join(_split(name)[1].lower().split())
    return {short, strip_diacritics(short)} if " " in _split(name)[1] and len(short) >= _LEAST_JOINED else set()


def _misspelt(name: str) -> Iterator[list[dict[str, Any]]]:
    """Token patterns of a kind and the name with wrong or missing marks, one syllable at most cut short ("hg gai")."""
    syllables = strip_diacritics(_split(name)[1]).lower().split()
    if len(syllables) != _SYLLABLES:
        return
    kind = {"LOWER": {"REGEX": rf"^{_KIND}$"}}
    full = [_any_marks(syllable) for syllable in syllables]
    cut = [_cut(syllable) for syllable in syllables]
    for first, second in ((full[0], full[1]), (cut[0], full[1]), (full[0], cut[1])):
        yield [kind, {"LOWER": {"REGEX": f"^{first}$"}}, {"LOWER": {"REGEX": f"^{second}$"}}]


def _any_marks(syllable: str) -> str:
    return "".join(f"[{_LETTERS[letter]}]" if letter in _LETTERS else letter for letter in syllable)


def _cut(syllable: str) -> str:
    """A syllable without its vowels: "hồng" as "hng" or "hg"."""
    bones = "".join(letter for letter in syllable if letter not in _VOWELS and letter != "y")
    return rf"(?:{bones}|{syllable[0]}{syllable[-1]})" if len(bones) > 1 else _any_marks(syllable)


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
        add("commune", row["code"], _joined(row["name"]))
        patterns.extend({"label": "commune", "pattern": form, "id": row["code"]} for form in _misspelt(row["name"]))
    former = sorted({unit["name"] for row in rows for unit in row["former_units"]})
    districts = sorted({unit["district"] for row in rows for unit in row["former_units"]})
    for name in districts:
        add("old_place", name, _forms(name, bare=True) | _joined(name))
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
        forms |= {"".join(form.split()) for form in forms if " " in form and len(form) > _LEAST_JOINED}
        for form in sorted(forms | {strip_diacritics(form) for form in forms}):
            patterns.append({"label": "document", "pattern": form, "id": row["document"]})
    return patterns
