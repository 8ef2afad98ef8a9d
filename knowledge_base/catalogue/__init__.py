"""The facts that iSee ships for every procedure of the province, and their loader."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

__all__ = ["FACTS", "catalogue_codes"]

FACTS = Path(__file__).resolve().parent / "facts.jsonl"


@lru_cache(maxsize=1)
def catalogue_codes() -> frozenset[str] | None:
    """Codes of all shipped procedures; None when the catalogue isn't there."""
    if not FACTS.is_file():
        return None
    with FACTS.open(encoding="utf-8") as lines:
        return frozenset(json.loads(line)["code"] for line in lines)
