"""`python -m knowledge_base.audit CATALOGUE.jsonl`: makes the shipped fingerprints of the curated guides' records."""

from __future__ import annotations

import sys
from pathlib import Path

from knowledge_base.audit.fingerprint import FINGERPRINTS, read_evidence, write_fingerprints
from knowledge_base.loader import GUIDES_DIR


def main(arguments: list[str]) -> int:
    """Makes the shipped fingerprints anew from a catalogue file."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m knowledge_base.audit CATALOGUE.jsonl\n")
        return 2
    codes = {path.stem for path in GUIDES_DIR.rglob("*.yml")}
    found = read_evidence(Path(arguments[0]), codes)
    count = write_fingerprints(found.values())
    sys.stdout.write(f"{count} fingerprints, {FINGERPRINTS.stat().st_size} bytes\n")
    for code in sorted(codes - found.keys()):
        sys.stderr.write(f"{code}: not in the catalogue\n")
    return 0 if codes == found.keys() else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
