"""The search service: keeps an index of the knowledge base, follows its publications, answers queries."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from common.errors import NotReady, SetupProblem
from common.settings import Settings
from indexer.encoder import Encoder, load_encoder
from indexer.search import builder
from indexer.search.among import Standing, standings
from indexer.search.beside import Beside
from indexer.search.decision import Calibration
from indexer.search.documents import text_digest
from indexer.search.following import Following
from indexer.search.ranker import Ranker
from indexer.search.searching import MAX_QUERY_CHARS, Examined, Searcher, result_of
from indexer.search.snapshot import Snapshot, facts_of
from indexer.search.storage import StoredIndex, load_index, save_index, stored_manifest
from indexer.search.thresholds import Thresholds
from indexer.search.types import SearchResult
from indexer.search.updating import Updated, completed, updated
from indexer.search.vectors import VectorTable
from indexer.text.language import Language
from knowledge_base.model import Published
from knowledge_base.store import KnowledgeBase

__all__ = ["SearchService"]

# So many changed procedures are worth writing the index anew: a second of work against as many seconds at a start.
_MANY = 100


class SearchService:
    """Searches every published guide. Thread-safe: readers use one immutable snapshot, one writer swaps it.

    Usage:
        service = SearchService(knowledge_base, encoder, settings.index_dir)
        service.ensure_built()
        service.search("làm giấy khai sinh cho con").hits[0].code
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        encoder: Encoder,
        folder: Path,
        *,
        ranker: Ranker | None = None,
        calibration: Calibration | None = None,
        thresholds: Callable[[], Thresholds | None] | None = None,
        beside: Beside | None = None,
    ) -> None:
        """`thresholds`: what staff set in the place of the calibration's own thresholds, None for nothing; followed.
        `beside` encodes imports while the service answers; `stop_following` ends it.
        """
        self._kb, self._encoder, self._folder = kb, encoder, folder
        self._ranker = ranker or Ranker.shipped()
        self._searcher = Searcher(encoder, self._ranker)
        self._given = self._calibration = calibration or Calibration.shipped()
        self._thresholds = thresholds
        self._following = Following(kb, encoder, beside)
        self._writing = threading.Lock()
        self._stop = threading.Event()
        self._follower: threading.Thread | None = None

    @classmethod
    def from_settings(
        cls, kb: KnowledgeBase, settings: Settings, thresholds: Callable[[], Thresholds | None] | None = None
    ) -> SearchService:
        """With what `settings` say of encoder, folder and caution. Raises SetupProblem when no encoder is built."""
        calibration = Calibration.shipped(settings.wrong_answer_cost)
        return cls(
            kb, load_encoder(settings), settings.index_dir, calibration=calibration, thresholds=thresholds,
            beside=Beside(settings.encoder_dir))

    @property
    def searcher(self) -> Searcher:
        """What searches, for any snapshot."""
        return self._searcher

    @property
    def encoder(self) -> Encoder:
        return self._encoder

    @property
    def ready(self) -> bool:
        return self._following.state is not None

    @property
    def snapshot(self) -> Snapshot:
        """The current state. Raises NotReady before the first build."""
        return self._built().snapshot

    def _built(self) -> Updated:
        state = self._following.state
        if state is None:
            raise NotReady("Chỉ mục tìm kiếm đang được chuẩn bị, anh/chị vui lòng thử lại sau ít phút.")
        return state

    def search(self, text: str, k: int = 10, *, language: Language | None = None) -> SearchResult:
        """The best `k` procedures for `text`, with the decision. `language` is told from the text where not given.
        Raises NotReady before the first build.
        """
        started, snapshot = time.perf_counter(), self.snapshot
        return result_of(text, self.examine(text, snapshot, language), snapshot, k, started)

    def examine(self, text: str, snapshot: Snapshot | None = None, language: Language | None = None) -> Examined:
        """The same with everything that led to it; over another snapshot than the current one where one is given."""
        return self._searcher.examine(text, snapshot or self.snapshot, self._calibration, language)

    @property
    def calibration(self) -> Calibration:
        """What decides now: the given models, with the thresholds that staff set."""
        return self._calibration

    @property
    def given(self) -> Calibration:
        """The same without what staff set."""
        return self._given

    def follow_thresholds(self) -> None:
        """Takes over what staff set last; a no-op where nothing can be set."""
        if self._thresholds is not None:
            chosen = self._thresholds()
            self._calibration = self._given.moved(chosen.answer_at, chosen.domain_at) if chosen else self._given

    def among(self, text: str, codes: Sequence[str], before: str = "") -> list[Standing]:
        """How the procedures of `codes`, offered after the question `before`, fit the reply `text`: `standings`."""
        snapshot = self.snapshot
        return standings(text[:MAX_QUERY_CHARS], codes, before[:MAX_QUERY_CHARS], snapshot, self._encoder, self._ranker)

    # Building and following

    def ensure_built(self, progress: builder.Progress | None = None, *, force: bool = False) -> int:
        """Loads the stored index, updates what is stale and saves it; returns the number of texts encoded."""
        self.follow_thresholds()
        with self._writing:
            state = self._kb.snapshot()
            published, revision = state.current, state.revision
            prepared = builder.prepare(item.guide for item in published.values())
            stored = None if force else self._load()
            facts = {code: facts_of(item) for code, item in published.items()}
            if stored and stored.manifest.digests == prepared.digests:
                table = VectorTable(stored.entries, stored.vectors)
                encoded = 0
            else:
                known = _known(stored)
                entries = builder.derive(prepared.entries, _derived(stored))
                vectors = builder.encode_entries(entries, self._encoder, known, progress)
                save_index(
                    self._folder,
                    encoder=self._encoder.fingerprint,
                    revision=revision,
                    digests=prepared.digests,
                    entries=entries,
                    vectors=vectors,
                )
                fresh = load_index(self._folder, verify=False)
                if fresh is None:
                    raise SetupProblem(f"Không đọc lại được chỉ mục vừa ghi ở {self._folder}.")
                table = VectorTable(fresh.entries, fresh.vectors)
                encoded = sum(text_digest(entry.text) not in known for entry in prepared.entries)
            self._following.start_at(Updated(Snapshot(table, facts, revision), prepared.digests), revision)
            return encoded

    def refresh(self) -> int:
        """Takes over all that was published since; returns the number of procedures changed."""
        with self._writing:
            return self._following.all()

    def preview(self, changes: Mapping[str, Published | None]) -> tuple[Snapshot, Snapshot]:
        """What is searched now, and what would be if `changes` were published (None: withdrawn). Nothing is changed."""
        state = self._built()
        return state.snapshot, completed(updated(state, changes, state.snapshot.revision, self._encoder)).snapshot

    def start_following(self, every_s: float = 0.25) -> None:
        """Follows the publication log in a background thread, so that an edit is searchable within two seconds."""
        if self._follower is None:
            self._follower = threading.Thread(target=self._follow, args=(every_s,), name="index-follower", daemon=True)
            self._follower.start()

    def stop_following(self) -> None:
        self._stop.set()
        if self._follower is not None:
            self._follower.join(timeout=5)
        self._following.close()

    def _follow(self, every_s: float) -> None:
        import structlog

        log = structlog.get_logger("indexer.search")
        rest = every_s
        while not self._stop.wait(rest):
            rest = every_s
            try:
                self.follow_thresholds()
                with self._writing:
                    changed, more = self._following.round()
                rest = more or every_s
                if changed:
                    log.info("index_refreshed", procedures=changed, revision=self.snapshot.revision)
                self._save_after_many()
            except NotReady:
                continue
            except Exception as error:
                # The follower must outlive a lost database connection; the next round tries again.
                log.warning("index_refresh_failed", error=str(error))

    def _save_after_many(self) -> None:
        """After an import the next start must not encode it all again: that would take minutes."""
        if self._following.unsaved < _MANY or not self._following.settled:
            return
        self._following.unsaved = 0
        state = self._built()
        digests = {code: digest for code, digest in state.digests.items() if digest}
        with suppress(SetupProblem):  # a damaged one is written over
            stored = stored_manifest(self._folder)
            if stored and (stored.digests, stored.encoder) == (digests, self._encoder.fingerprint):
                return  # another replica was faster
        table = state.snapshot.table
        rows, entries = np.flatnonzero(table.alive), table.entries
        save_index(
            self._folder, encoder=self._encoder.fingerprint, revision=state.snapshot.revision, digests=digests,
            entries=[entries[row] for row in rows], vectors=table.vectors()[rows])

    def _load(self) -> StoredIndex | None:
        try:
            stored = load_index(self._folder)
        except SetupProblem:
            return None  # damaged: rebuilt from the knowledge base, which is the truth
        return stored if stored and stored.manifest.encoder == self._encoder.fingerprint else None


def _known(stored: StoredIndex | None) -> dict[str, np.ndarray]:
    if stored is None or not stored.entries:
        return {}
    vectors = stored.vectors.reconstruct_n(0, len(stored.entries))
    return {text_digest(entry.text): vectors[row] for row, entry in enumerate(stored.entries)}


def _derived(stored: StoredIndex | None) -> dict[str, str]:
    return {entry.text: entry.searched for entry in stored.entries} if stored else {}
