"""What the frozen evaluations ask: search over the shipped guides, and whole turns on a copy of the built state."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from common.database import Database
from common.settings import Settings
from indexer.encoder import load_encoder
from indexer.search import SearchService
from knowledge_base.store import KnowledgeBase
from tests.template import copy_database

FOLDER = Path(__file__).parent


@pytest.fixture(scope="session")
def search(built_home: Path, tmp_path_factory: pytest.TempPathFactory) -> SearchService:
    """Search over the shipped guides; only texts that the built index lacks are encoded."""
    folder = tmp_path_factory.mktemp("eval")
    if (built_home / "index").exists():
        shutil.copytree(built_home / "index", folder / "index")
    copy_database(folder / "isee.db", shipped=True)
    kb = KnowledgeBase(Database(f"sqlite:///{folder / 'isee.db'}"))
    service = SearchService(kb, load_encoder(Settings(home=built_home)), folder / "index")
    service.ensure_built()
    return service
