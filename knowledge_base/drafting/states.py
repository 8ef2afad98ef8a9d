"""A draft as people see it, and the states it goes through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from knowledge_base.drafting.tables import DraftRow
from knowledge_base.model import Published
from knowledge_base.snapshot import PRECEDENCE, Snapshot

__all__ = ["OPEN", "Draft", "State", "standing", "viewed"]


class State(StrEnum):
    """draft → review → approved → published; a text that is to count later waits as scheduled."""

    DRAFT = "draft"
    REVIEW = "review"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    DISCARDED = "discarded"


OPEN = (State.DRAFT, State.REVIEW, State.APPROVED)


@dataclass(frozen=True)
class Draft:
    """One text of one guide on its way. `base_version` is the published version it was begun from (0: a new guide);
    `revision` counts its saves; `remarks` are the reviewer's, by field ("" for the whole)."""

    id: int
    code: str
    state: State
    revision: int
    base_version: int
    payload: Mapping[str, Any]
    writers: Sequence[str]
    updated_by: str
    note: str
    remarks: Mapping[str, str]
    reviewer: str
    reason: str
    publish_on: date | None
    published_version: int | None
    created_at: datetime
    updated_at: datetime

    @property
    def author(self) -> str:
        """Everybody who wrote in it, the first writer first."""
        return ", ".join(self.writers)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def name(self) -> str:
        return str(self.payload.get("name") or self.code)


def viewed(row: DraftRow) -> Draft:
    """The row as a value of its own."""
    return Draft(
        row.id, row.code, State(row.state), row.revision, row.base_version, row.payload, tuple(row.writers),
        row.updated_by, row.note, row.remarks, row.reviewer, row.reason, row.publish_on, row.published_version,
        row.created_at, row.updated_at)


def standing(snapshot: Snapshot, code: str) -> Published | None:
    """What is published of `code`, a guide that has expired or isn't in force yet included; curated before others."""
    return next((item for origin in PRECEDENCE if (item := snapshot.published.get((code, origin)))), None)
