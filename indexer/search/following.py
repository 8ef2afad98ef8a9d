"""Takes over what was published: people's edits at once; an import's thousands a slice at a time, encoded in a process
beside, so that citizens who ask meanwhile hardly notice.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import structlog

from common.errors import NotReady
from indexer.encoder import Encoder
from indexer.search import builder
from indexer.search.backlog import FEW, Backlog, Pace
from indexer.search.beside import Beside
from indexer.search.documents import text_digest
from indexer.search.types import Entry
from indexer.search.updating import Updated, completed, updated
from knowledge_base.store import KnowledgeBase

__all__ = ["Following"]

# Without a process beside: encoding a few texts takes a tenth of a second; then two thirds of the time are a rest.
_TEXTS = 8
_REST = 2.0
_LONGEST_REST_S = 1.0
_LOOK_AGAIN_S = 0.1  # for what the process beside has made
_log = structlog.get_logger(__name__)


class Ahead:
    """The next slice of an import: its vectors are made before it is taken over as a whole."""

    def __init__(self, codes: Sequence[str], entries: Sequence[Entry], beside: Beside | None) -> None:
        """With `beside` its process makes them; without it, or where it fails, `step` does, a few at a time."""
        self.codes = codes
        self.vectors: dict[str, np.ndarray] = {}
        self.derived: dict[str, str] = {}
        self._left, self._beside = list(entries), beside if entries else None
        if self._beside:
            self._attempt(self._beside)

    @property
    def waits(self) -> bool:
        """Whether another process is at work on it."""
        return self._beside is not None

    def step(self, encoder: Encoder) -> bool:
        """Takes what was made, or encodes the next few texts; True when all are there."""
        if self._beside is None:
            few, self._left = builder.derive(self._left[:_TEXTS]), self._left[_TEXTS:]
            self._take(few, builder.encode_entries(few, encoder, {}))
            return not self._left
        try:
            made = self._beside.made()
        except OSError as error:
            self._give_up(error)
            return False
        if made is not None:
            self._take(made.entries, made.vectors)
        return made is not None

    def _attempt(self, beside: Beside) -> None:
        try:
            beside.begin(self._left)
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        _log.warning("encoding_beside_failed", error=str(error))
        self._beside = None

    def _take(self, entries: Sequence[Entry], vectors: np.ndarray) -> None:
        for entry, vector in zip(entries, vectors, strict=True):
            self.vectors[text_digest(entry.text)] = vector
            self.derived[entry.text] = entry.searched


class Following:
    """The searched state and how it moves on. Called by one thread at a time; `state` is read by all.

    `unsaved` counts the procedures taken over whose texts the index on disk lacks.
    """

    def __init__(self, kb: KnowledgeBase, encoder: Encoder, beside: Beside | None = None) -> None:
        """`beside` encodes imports; without it `encoder` does, with rests."""
        self._kb, self._encoder, self._beside = kb, encoder, beside
        self._backlog, self._pace = Backlog(), Pace()
        self._ahead: Ahead | None = None
        self._seen = 0
        self.unsaved = 0
        self.state: Updated | None = None

    def start_at(self, state: Updated, revision: int) -> None:
        """Begins anew from a whole state."""
        self.state, self._seen, self.unsaved = state, revision, 0
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
            if self._beside:
                self._beside.close_if_idle()
            return changed, 0.0
        if self._ahead and self._ahead.waits:
            return changed, _LOOK_AGAIN_S
        return changed, min(_REST * (time.perf_counter() - started), _LONGEST_REST_S)

    @property
    def settled(self) -> bool:
        """Whether nothing waits: all that was published is found by meaning and by words."""
        at_work = self._ahead or len(self._backlog) or self.state is None
        return not at_work and self.state is not None and not self.state.snapshot.lexical_is_stale

    def close(self) -> None:
        """Ends the process beside, if there is one. To be called when nobody follows any more."""
        if self._beside:
            self._beside.close()

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
            self._ahead = Ahead(codes, self._new_entries(codes), self._beside)
        return self._take_over(self._ahead.codes) if self._ahead.step(self._encoder) else 0

    def _new_entries(self, codes: Sequence[str]) -> list[Entry]:
        """The texts of those that are not searched as they are published now: a new fee changes none."""
        assert self.state is not None
        items = (self._kb.get(code) for code in codes)
        made = builder.prepare(item.guide for item in items if item)
        return [entry for entry in made.entries if made.digests[entry.code] != self.state.digests.get(entry.code)]

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
            self.unsaved += len(changes)
        return len(changes)

    def _complete(self) -> None:
        started = time.perf_counter()
        assert self.state is not None
        self.state = completed(self.state)
        self._pace.built(time.perf_counter() - started)
