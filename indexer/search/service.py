"""The search service: keeps an index of the knowledge base, follows its publications, answers queries."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from common.errors import NotReady, SetupProblem
from common.settings import Settings
from indexer.encoder import Encoder, load_encoder
from indexer.search import builder
from indexer.search.among import Standing, standings
from indexer.search.decision import Calibration, shape
from indexer.search.documents import text_digest
from indexer.search.lexical import LexicalIndex
from indexer.search.query import Query, understand
from indexer.search.ranker import Candidates, Ranker, candidates, likeness
from indexer.search.snapshot import Snapshot, facts_of
from indexer.search.storage import StoredIndex, load_index, save_index
from indexer.search.types import Entry, Hit, SearchResult
from indexer.search.vectors import VectorTable
from indexer.text import syllables
from knowledge_base.model import Published
from knowledge_base.store import KnowledgeBase

__all__ = ["SearchService"]

MAX_QUERY_CHARS = 1000


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
    ) -> None:
        self._kb, self._encoder, self._folder = kb, encoder, folder
        self._ranker = ranker or Ranker.shipped()
        self._calibration = calibration or Calibration.shipped()
        self._snapshot: Snapshot | None = None
        self._digests: dict[str, str] = {}
        self._writing = threading.Lock()
        self._stop = threading.Event()
        self._follower: threading.Thread | None = None

    @classmethod
    def from_settings(cls, kb: KnowledgeBase, settings: Settings) -> SearchService:
        """With what `settings` say of encoder, folder and caution. Raises SetupProblem when no encoder is built."""
        calibration = Calibration.shipped(settings.wrong_answer_cost)
        return cls(kb, load_encoder(settings), settings.index_dir, calibration=calibration)

    @property
    def encoder(self) -> Encoder:
        return self._encoder

    @property
    def ready(self) -> bool:
        return self._snapshot is not None

    @property
    def snapshot(self) -> Snapshot:
        """The current state. Raises NotReady before the first build."""
        if self._snapshot is None:
            raise NotReady("Chỉ mục tìm kiếm đang được chuẩn bị, anh/chị vui lòng thử lại sau ít phút.")
        return self._snapshot

    def search(self, text: str, k: int = 10) -> SearchResult:
        """The best `k` procedures for `text`, with the decision. Raises NotReady before the first build."""
        started = time.perf_counter()
        query = understand(text[:MAX_QUERY_CHARS])
        if query.empty:
            return SearchResult(text, query.normalised, "abstain", 0.0, (), _ms(started))
        snapshot = self.snapshot
        by_code = _code_in(query, snapshot)
        if by_code is not None:
            hit = Hit(by_code, snapshot.facts[by_code].name, 1.0, by_code)
            return SearchResult(text, query.normalised, "answer", 1.0, (hit,), _ms(started))
        pool = candidates(query, snapshot, self._encoder)
        return self._ranked(text, query, snapshot, pool, k, started)

    def _ranked(
        self, text: str, query: Query, snapshot: Snapshot, pool: Candidates, k: int, started: float
    ) -> SearchResult:
        order, ranked = self._ranker.ranked(pool.features)
        codes = [snapshot.codes[index] for index in pool.codes[order]]
        families = [snapshot.facts[code].family for code in codes]
        alike = likeness(query, pool, snapshot, int(pool.codes[order[0]]))
        seen = shape(ranked, families, len(syllables(query.focus)), alike)
        verdict = self._calibration.decide(seen)
        hits = tuple(
            Hit(
                code,
                snapshot.facts[code].name,
                float(probability),
                snapshot.entries[snapshot.best_row(pool.rows, int(index))].text,
            )
            for code, probability, index in zip(codes[:k], ranked.probabilities, pool.codes[order], strict=False)
        )
        return SearchResult(text, query.normalised, verdict.decision, verdict.confidence, hits, _ms(started))

    def among(self, text: str, codes: Sequence[str], before: str = "") -> list[Standing]:
        """How the procedures of `codes`, offered after the question `before`, fit the reply `text`: `standings`."""
        snapshot = self.snapshot
        return standings(text[:MAX_QUERY_CHARS], codes, before[:MAX_QUERY_CHARS], snapshot, self._encoder, self._ranker)

    # Building and following

    def ensure_built(self, progress: builder.Progress | None = None, *, force: bool = False) -> int:
        """Loads the stored index, updates what is stale and saves it; returns the number of texts encoded."""
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
            self._snapshot, self._digests = Snapshot(table, facts, revision), prepared.digests
            return encoded

    def refresh(self) -> int:
        """Takes over what was published since the current snapshot; returns the number of procedures changed."""
        with self._writing:
            snapshot = self.snapshot
            revision = self._kb.revision()
            if revision == snapshot.revision:
                return 0
            changed = {change.code for change in self._kb.changes_since(snapshot.revision)}
            fresh = self._updated(snapshot, changed, revision)
            self._snapshot = fresh  # found by meaning at once; by words when the lexical index is rebuilt
            if fresh.lexical_is_stale:
                lexical = LexicalIndex([entry.searched for entry in fresh.entries], fresh.lexical)
                self._snapshot = Snapshot(fresh.table, fresh.facts, revision, lexical)
            return len(changed)

    def _updated(self, snapshot: Snapshot, changed: set[str], revision: int) -> Snapshot:
        facts = {code: fact for code, fact in snapshot.facts.items() if code not in changed}
        moved: set[str] = set()
        entries: list[Entry] = []
        for code in changed:
            published: Published | None = self._kb.get(code)
            digest = ""
            if published is not None:
                facts[code] = facts_of(published)
                own = builder.prepare([published.guide])
                digest = own.digests[code]
                if digest != self._digests.get(code):
                    entries.extend(builder.derive(own.entries))
            if digest != self._digests.get(code, ""):
                moved.add(code)
                self._digests[code] = digest
        if not moved:
            return Snapshot(
                snapshot.table, facts, revision, snapshot.lexical, lexical_is_stale=snapshot.lexical_is_stale
            )
        vectors = builder.encode_entries(entries, self._encoder, snapshot.table.known(moved))
        table = snapshot.table.replace(moved, entries, vectors)
        return Snapshot(table, facts, revision, snapshot.lexical, lexical_is_stale=True)

    def start_following(self, every_s: float = 0.25) -> None:
        """Follows the publication log in a background thread, so that an edit is searchable within two seconds."""
        if self._follower is None:
            self._follower = threading.Thread(target=self._follow, args=(every_s,), name="index-follower", daemon=True)
            self._follower.start()

    def stop_following(self) -> None:
        self._stop.set()
        if self._follower is not None:
            self._follower.join(timeout=5)

    def _follow(self, every_s: float) -> None:
        import structlog

        log = structlog.get_logger("indexer.search")
        while not self._stop.wait(every_s):
            try:
                if changed := self.refresh():
                    log.info("index_refreshed", procedures=changed, revision=self.snapshot.revision)
            except NotReady:
                continue
            except Exception as error:
                # The follower must outlive a lost database connection; the next round tries again.
                log.warning("index_refresh_failed", error=str(error))

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


def _code_in(query: Query, snapshot: Snapshot) -> str | None:
    """The procedure code that the citizen typed, if it is one that we know."""
    return next((word for word in syllables(query.text) if word in snapshot.facts), None)


def _ms(started: float) -> float:
    return (time.perf_counter() - started) * 1000
