"""The facts that iSee ships for every procedure of the province, and their loader.

`facts.jsonl` is made by `knowledge_base.catalogue.extract` and holds one procedure a line: `code, name, field,
levels, agency, time [amount, unit], fee (đồng), decision, legal [numbers], channels, page (the portal's), same_name
[codes], province (when only another province does it), life_events`. Absent means not known for certain.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from common.settings import get_settings
from knowledge_base.model import Guide
from knowledge_base.parsing import PORTAL_PAGE
from knowledge_base.phrasing import with_phrasings
from knowledge_base.wording import sentence

__all__ = [
    "FACTS",
    "catalogue_codes",
    "catalogue_facts",
    "facts_guide",
    "foreign_province",
    "load_facts",
    "undecided_codes",
]

FACTS = Path(__file__).resolve().parent / "facts.jsonl"


def catalogue_facts(path: Path = FACTS) -> list[dict[str, Any]]:
    """The rows as they are shipped, life events included; empty when the file isn't there."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


@lru_cache(maxsize=1)
def catalogue_codes() -> frozenset[str] | None:
    """Codes of all shipped procedures; None when the catalogue isn't there."""
    return frozenset(row["code"] for row in catalogue_facts()) or None


@lru_cache(maxsize=1)
def undecided_codes() -> frozenset[str]:
    """Codes for which the official catalogue names no decision that could be read."""
    return frozenset(row["code"] for row in catalogue_facts() if "decision" not in row)


def foreign_province(code: str) -> str | None:
    """The other province (its issuing body) whose own procedure this is; None for what citizens here can use."""
    home = get_settings().province
    other = _provinces().get(code)
    return other if other and home not in other else None


@lru_cache(maxsize=1)
def _provinces() -> dict[str, str]:
    return {row["code"]: row["province"] for row in catalogue_facts() if "province" in row}


def load_facts(path: Path = FACTS) -> list[Guide]:
    """Every shipped procedure as a guide that holds facts only."""
    return [with_phrasings(facts_guide(row)) for row in catalogue_facts(path)]


def facts_guide(row: dict[str, Any]) -> Guide:
    """One row of facts as a guide. Raises pydantic.ValidationError for a row that isn't one."""
    time, province = row.get("time"), row.get("province")
    data: dict[str, Any] = {
        "code": row["code"],
        "name": row["name"],
        "field": row["field"],
        "levels": row.get("levels", []),
        "agency": row.get("agency"),
        "time": [{"amount": time[0], "unit": time[1]}] if time else [],
        "fee": [{"amount": row["fee"]}] if row.get("fee") else [],
        "channels": row.get("channels", []),
        "conditions": [sentence("other_province", province=province)] if province else [],
        "legal_basis": [{"number": number} for number in row.get("legal", [])],
        "related": [{"code": code, "why": sentence("same_name")} for code in row.get("same_name", [])],
        "decision_no": row.get("decision"),
        "sources": _sources(row.get("page")),
    }
    return Guide.model_validate(data)


def _sources(page: str | None) -> list[dict[str, str]]:
    return [{"title": sentence("portal_source"), "url": PORTAL_PAGE + page}] if page else []
