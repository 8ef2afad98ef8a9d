"""What is kept about a citizen, as sections of readable records. Each part collects its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

__all__ = ["Collect", "Held", "Line", "Record", "Section", "holdings"]

_FILE = Path(__file__).parent / "holdings.yml"


class Line(BaseModel):
    label: str
    value: str


class Record(BaseModel):
    title: str
    lines: list[Line] = []


class Section(BaseModel):
    """One kind of data: `erased` says that it goes when the citizen erases, `stays` why it does not."""

    id: str
    title: str
    purpose: str
    basis: str
    until: str
    erased: bool
    stays: str = ""
    records: list[Record] = []


class Held(BaseModel):
    made_at: datetime
    sections: list[Section]


Collect = Callable[[str], list[Record]]
"""The records of one conversation, in the clear: only ever called for its own citizen."""


@lru_cache(maxsize=1)
def holdings() -> dict[str, dict[str, Any]]:
    """Title, purpose, ground and time of each kind, from the reviewed file."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(_FILE.read_text("utf-8"))
    return loaded
