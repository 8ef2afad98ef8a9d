"""What was published and isn't searched yet: people's edits first, an import's thousands a slice at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from knowledge_base.model import Origin
from knowledge_base.store import Change

__all__ = ["FEW", "Backlog", "Pace"]

# So many at once are ordinary edits: found by meaning and by words within two seconds.
FEW = 8
# One slice of an import: a new snapshot costs the interpreter a tenth of a second, so not too few.
_SLICE = 300
# The share of time that building the lexical index may take while an import goes on.
_REBUILD_SHARE = 0.02


@dataclass
class Backlog:
    """Codes in the order they are taken over. Used by one thread."""

    codes: dict[str, Origin] = field(default_factory=dict)

    def add(self, changes: Iterable[Change]) -> None:
        for change in changes:
            known = self.codes.get(change.code)
            self.codes[change.code] = Origin.CURATED if Origin.CURATED in (known, change.origin) else change.origin

    def take(self) -> list[str]:
        """The next slice: what curators published before what was imported."""
        taken = self.urgent[:_SLICE] or list(self.codes)[:_SLICE]
        for code in taken:
            del self.codes[code]
        return taken

    @property
    def urgent(self) -> list[str]:
        """What curators published."""
        return [code for code, origin in self.codes.items() if origin is Origin.CURATED]

    def __len__(self) -> int:
        return len(self.codes)


class Pace:
    """When the lexical index is built anew: at once after a few edits, seldom while thousands come in."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = 0
        self._not_before = float("-inf")

    def changed(self, codes: int) -> None:
        self._since += codes

    @property
    def due(self) -> bool:
        return self._since > 0 and (self._since <= FEW or self._clock() >= self._not_before)

    def built(self, took_s: float) -> None:
        self._not_before = self._clock() + took_s / _REBUILD_SHARE
        self._since = 0
