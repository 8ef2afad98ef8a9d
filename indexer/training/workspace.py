"""What training needs at hand: the built index of the current knowledge base."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from common.database import Database
from common.settings import get_settings
from indexer.encoder import Encoder, load_encoder
from indexer.search import SearchService
from indexer.search.snapshot import Snapshot
from knowledge_base.store import KnowledgeBase

__all__ = ["Workspace", "open_workspace"]


@dataclass(frozen=True)
class Workspace:
    encoder: Encoder
    snapshot: Snapshot
    search: SearchService

    @staticmethod
    def say(text: str) -> None:
        sys.stdout.write(text + "\n")


def open_workspace() -> Workspace:
    """Opens the knowledge base and index under `ISEE_HOME`; builds what is missing."""
    settings = get_settings()
    database = Database.from_settings(settings)
    database.create_all()
    kb = KnowledgeBase(database)
    kb.load_shipped()
    encoder = load_encoder(settings)
    search = SearchService(kb, encoder, settings.index_dir)
    search.ensure_built()
    return Workspace(encoder, search.snapshot, search)
