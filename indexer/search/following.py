"""Takes over what was published: people's edits at once, an import's thousands a few texts at a time and with rests,
so that citizens who ask meanwhile hardly notice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from common.errors import NotReady
from indexer.encoder import Encoder
from indexer.search import builder
from indexer.search.backlog import FEW, Backlog, Pace
from indexer.search.documents import text_digest
from indexer.search.types import Entry
from indexer.search.updating import Updated, completed, updated
from knowledge_base.store import KnowledgeBase

__all__ = ["Following"]

# Encoding a few texts takes a tenth of a second of one core; then two thirds of the time are a rest.
_TEXTS = 8
_REST = 2.0
_LONGEST_REST_S = 1.0


class Ahead:
    """The next slice of an import: its vectors are made a few at a time before it is taken over as a whole."""

    def __init__(self, codes: Sequence[str], entries: Sequence[Entry]) -> None:
        self.codes = codes
        self.vectors: dict[str, np.ndarray] = {}
        self.derived: dict[str, str] = {}
        self._left = list(entries)

    def step(self, encoder: Encoder) -> bool:
        """Encodes the next few texts; True when all are there."""
        few, self._left = builder.derive(self._left[:_TEXTS]), self._left[_TEXTS:]
        for entry, vector in zip(few, builder.encode_entries(few, encoder, {}), strict=True):
            self.vectors[text_digest(entry.text)] = vector
            self.derived[entry.text] = entry.searched
        return not self._left


class Following:
    """The searched state and how it moves on. Called by one thread at a time; `state` is read by all."""

    def __init__(
        self, kb: KnowledgeBase, encoder: Encoder, background_encoder: Callable[[], Encoder] | None = None
    ) -> None:
        """`background_encoder` makes the one that encodes imports: of one thread, so that a core is left over."""
        self._kb, self._encoder, self._make_background = kb, encoder, background_encoder
        self._background: Encoder | None = None
        self._backlog, self._pace = Backlog(), Pace()
        self._ahead: Ahead | None = None
        self._seen = 0
        self.state: Updated | None = None

    def start_at(self, state: Updated, revision: int) -> None:
        """Begins anew from a whole state."""
        self.state, self._seen = state, revision
        self._backlog, self._pace, self._ahead = Backlog(), Pace(), None

    def all(self) -> int:
        """Takes over everything now; returns the number of procedures changed. Raises NotReady before a start."""
        self._look()
        changed = 0
        if self._ahead:
            changed += self._take_over(self._ahead.codes)
        while len(self._backlog):
            changed += self._take_over(self._backlog.take())
        self._complete()
        return changed

    def round(self) -> tuple[int, float]:
        """One short piece of work: the procedures changed, and the seconds to rest before the next (0: nothing is
        left to do). Raises NotReady before a start."""
        self._look()
        started = time.perf_counter()
        changed = 0
        if self._backlog.urgent or (len(self._backlog) and not self._ahead and len(self._backlog) <= FEW):
            changed = self._take_over(self._backlog.take())
        elif self._ahead or len(self._backlog):
            changed = self._go_ahead()
        if self._pace.due:
            self._complete()
        if not (self._ahead or len(self._backlog)):
            return changed, 0.0
        return changed, min(_REST * (time.perf_counter() - started), _LONGEST_REST_S)

    def _look(self) -> None:
        if self.state is None:
            raise NotReady("Chỉ mục tìm kiếm đang được chuẩn bị, anh/chị vui lòng thử lại sau ít phút.")
        revision = self._kb.revision()
        if revision != self._seen:
            self._backlog.add(self._kb.changes_since(self._seen))
            self._seen = revision

    def _go_ahead(self) -> int:
        """A step of the slice at hand, or of the next one; taken over once all its vectors are there."""
        if self._ahead is None:
            codes = self._backlog.take()
            items = (self._kb.get(code) for code in codes)
            self._ahead = Ahead(codes, builder.prepare(item.guide for item in items if item).entries)
        if self._background is None:
            self._background = self._make_background() if self._make_background else self._encoder
        return self._take_over(self._ahead.codes) if self._ahead.step(self._background) else 0

    def _take_over(self, codes: Sequence[str]) -> int:
        ahead = self._ahead if self._ahead and codes is self._ahead.codes else None
        if ahead:
            self._ahead = None
        assert self.state is not None
        changes = {code: self._kb.get(code) for code in codes}
        left = self._ahead or len(self._backlog)
        revision = self.state.snapshot.revision if left else self._seen
        vectors, derived = (ahead.vectors, ahead.derived) if ahead else ({}, {})
        # Found by meaning at once, by words when completed.
        self.state = updated(self.state, changes, revision, self._encoder, vectors, derived)
        if self.state.snapshot.lexical_is_stale:
            self._pace.changed(len(changes))
        return len(changes)

    def _complete(self) -> None:
        started = time.perf_counter()
        assert self.state is not None
        self.state = completed(self.state)
        self._pace.built(time.perf_counter() - started)
