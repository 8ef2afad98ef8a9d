"""What the gate found."""

from __future__ import annotations

from dataclasses import dataclass, field

from indexer.search.types import Decision
from knowledge_base.golden.shipped import Expected

__all__ = ["GateReport", "GoldenChange", "Seen"]


@dataclass(frozen=True)
class Seen:
    """What search makes of a golden question: the decision and the first candidate ("" where there is none)."""

    passed: bool
    decision: Decision
    code: str
    name: str
    confidence: float
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True)
class GoldenChange:
    """A golden question of guide `code` that is treated otherwise, as expected, or no longer as expected. `id` is what
    it is kept under.
    """

    code: str
    question: str
    expected: Expected
    before: Seen
    after: Seen
    id: int = 0


@dataclass(frozen=True)
class GateReport:
    """`ran` questions were asked before and after. `gains` do as expected only after, `losses` only before; `broken`
    are the codes of other guides among the losses: such a publication is refused.
    """

    ran: int
    gains: list[GoldenChange] = field(default_factory=list)
    losses: list[GoldenChange] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    took_ms: float = 0.0

    @property
    def allowed(self) -> bool:
        """Whether no other guide loses a question. What the guide itself loses is its curator's to judge."""
        return not self.broken
