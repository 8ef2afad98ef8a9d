"""One turn as the answering code sees it, and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from common.messages import Reply

__all__ = ["Outcome", "Turn"]


@dataclass(frozen=True)
class Turn:
    """What the citizen said and what the conversation is about.

    `text` is empty for a button. `entities` maps a name to its values in order; `procedure` is the code under
    discussion, `candidates` the codes last offered, `aspect` what was asked when they were offered, `rivals` what else
    the index thought of when it answered, `earlier` what was typed before, newest first. `foreign`: the text is a
    question in another language (`common.language.asked_in`).
    """

    text: str = ""
    intent: str = ""
    confidence: float = 1.0
    entities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    procedure: str | None = None
    case: str | None = None
    candidates: tuple[str, ...] = ()
    aspect: str | None = None
    rivals: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    in_form: bool = False
    foreign: bool = False

    def entity(self, name: str) -> str | None:
        """The first value of entity `name`."""
        values = self.entities.get(name)
        return values[0] if values else None


@dataclass(frozen=True)
class Outcome:
    """Replies in order, and the slots to change (None clears a slot)."""

    replies: tuple[Reply, ...]
    slots: Mapping[str, Any] = field(default_factory=dict)
