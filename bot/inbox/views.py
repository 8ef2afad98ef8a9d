"""Groups and questions as pages and reports read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

__all__ = ["ClusterView", "Filters", "Near", "QuestionView", "Seen"]


@dataclass(frozen=True)
class Filters:
    """Which groups to list. `kind`, `assigned_to` and `words` empty: any; `days` 0: of any time."""

    state: str = "open"
    kind: str = ""
    days: int = 0
    assigned_to: str = ""
    words: str = ""
    gap: bool | None = None


@dataclass(frozen=True)
class Near:
    """A guide near a group's central question; `score` (0–1) is search's probability, `published` whether it counts."""

    code: str
    name: str
    score: float


@dataclass(frozen=True)
class ClusterView:
    """A group. `week` and `before` count its questions of the last seven days and of the seven before; `waiting` are
    citizens who want to be told; `seen` counts questions that were erased since, too.
    """

    id: int
    title: str
    state: str
    how: str
    note: str
    procedure: str | None
    assigned_to: str | None
    merged_into: int | None
    recurred: bool
    gap: bool
    seen: int
    size: int
    opened_at: datetime
    last_at: datetime
    closed_at: datetime | None
    week: int = 0
    before: int = 0
    waiting: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    samples: Sequence[str] = ()
    near: Sequence[Near] = ()

    @property
    def rise(self) -> int:
        """By how much the last seven days exceed the seven before."""
        return self.week - self.before


@dataclass(frozen=True)
class QuestionView:
    """A question with what the assistant said to it then."""

    id: int
    conversation_id: str
    question: str
    kind: str
    note: str
    channel: str
    at: datetime
    said: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Seen:
    """A page of groups and whether there are more."""

    clusters: Sequence[ClusterView]
    page: int
    more: bool
