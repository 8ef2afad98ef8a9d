"""How long the index takes to build whole, and one guide to become searchable."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from common.database import Database
from indexer.encoder import Encoder
from indexer.search import SearchService
from knowledge_base.model import Origin
from knowledge_base.store import KnowledgeBase

__all__ = ["index_times"]

_MARK = "câu hỏi chỉ dùng để đo thời gian cập nhật"


def index_times(encoder: Encoder, folder: Path) -> dict[str, Any]:
    """Seconds of a full build over the shipped knowledge, of a load, and of one guide's edit until it is found."""
    database = Database(f"sqlite:///{folder / 'bench.db'}")
    database.create_all()
    kb = KnowledgeBase(database)
    kb.load_shipped()
    begun = time.perf_counter()
    service = SearchService(kb, encoder, folder / "index")
    encoded = service.ensure_built()
    built = time.perf_counter() - begun
    begun = time.perf_counter()
    SearchService(kb, encoder, folder / "index").ensure_built()
    loaded = time.perf_counter() - begun
    service.start_following()
    try:
        updated = _one_update(kb, service)
    finally:
        service.stop_following()
        database.dispose()
    return {
        "procedures": len(service.snapshot.codes),
        "texts": encoded,
        "full_build_s": round(built, 2),
        "load_s": round(loaded, 2),
        "one_guide_visible_s": round(updated, 3),
    }


def _one_update(kb: KnowledgeBase, service: SearchService) -> float:
    published = next(item for item in kb.all() if item.origin is Origin.CURATED)
    guide = published.guide.model_copy(update={"questions": [*published.guide.questions, _MARK]})
    begun = time.perf_counter()
    kb.publish(guide, Origin.CURATED, author="bench", reason="đo thời gian cập nhật")
    while service.search(_MARK, 1).hits[0].matched != _MARK:
        if time.perf_counter() - begun > 30:
            return float("inf")
        time.sleep(0.02)
    return time.perf_counter() - begun
