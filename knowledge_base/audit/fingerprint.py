"""Fingerprints of official records: enough to audit the guides by, too little to read.

`python -m knowledge_base.audit CATALOGUE.jsonl` writes `catalogue/fingerprints.jsonl` for the curated
guides: facts as `kind value`, papers and passages as hashed sets of syllables, no sentence of the record. One record a
line: `code`, `facts`, `stated` (indices into `facts`), `free`, `rows` (`[originals, copies, hashes]`), `passages`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from common.errors import InvalidInput
from knowledge_base.audit.evidence import Evidence, Passage, evidence_of
from knowledge_base.audit.facts import Fact

__all__ = ["FINGERPRINTS", "load_fingerprints", "read_evidence", "write_fingerprints"]

FINGERPRINTS = Path(__file__).resolve().parents[1] / "catalogue" / "fingerprints.jsonl"


def load_fingerprints(path: Path = FINGERPRINTS) -> dict[str, Evidence]:
    """Evidence by code as shipped. Raises InvalidInput when the file is missing or broken."""
    return {row["code"]: _restored(row) for _, row in _rows(path)}


def read_evidence(path: Path, codes: Collection[str]) -> dict[str, Evidence]:
    """Evidence of those records of an official catalogue that have one of `codes`; texts are kept for the reader.

    Raises InvalidInput with the line of what can't be read.
    """
    found: dict[str, Evidence] = {}
    for number, row in _rows(path):
        if row["code"] in codes:
            try:
                found[row["code"]] = evidence_of(row)
            except InvalidInput as error:
                raise InvalidInput(f"{path.name}, dòng {number}: {error.detail}") from error
    return found


def write_fingerprints(evidence: Iterable[Evidence], path: Path = FINGERPRINTS) -> int:
    """Writes one line a record, sorted by code; returns how many."""
    rows = sorted((_stored(item) for item in evidence), key=lambda row: str(row["code"]))
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
    path.write_text("".join(lines), encoding="utf-8")
    return len(rows)


def _stored(item: Evidence) -> dict[str, Any]:
    facts = sorted(item.facts | item.stated)
    rows = [passage for passage in item.passages if passage.is_row]
    return {
        "code": item.code,
        "facts": [f"{fact.kind} {fact.value}" for fact in facts],
        "stated": [index for index, fact in enumerate(facts) if fact in item.stated],
        "free": int(item.free),
        "rows": [[row.originals, row.copies, row.packed] for row in rows],
        "passages": sorted(passage.packed for passage in item.passages if not passage.is_row),
    }


def _restored(row: dict[str, Any]) -> Evidence:
    facts = [Fact(*text.split(" ", 1)) for text in row["facts"]]
    papers = [Passage(packed, originals, copies) for originals, copies, packed in row["rows"]]
    return Evidence(
        code=row["code"],
        facts=frozenset(facts),
        stated=frozenset(facts[index] for index in row["stated"]),
        passages=(*papers, *(Passage(packed) for packed in row["passages"])),
        free=bool(row["free"]),
    )


def _rows(path: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict) or not isinstance(row.get("code"), str):
                        raise InvalidInput(f"{path.name}, dòng {number}: thiếu mã thủ tục (code)")
                    yield number, row
    except OSError as error:
        raise InvalidInput(f"không đọc được tệp {path}: {error.strerror}") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidInput(f"{path.name} không phải JSON lines: {error}") from error
