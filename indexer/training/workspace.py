"""What training needs at hand: the built index of the current knowledge base."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np

from common.database import Database
from common.settings import get_settings
from indexer.encoder import Encoder, load_encoder
from indexer.encoder.manifest import read_manifest
from indexer.search import SearchService
from indexer.search.decision import SHAPE, Calibration
from indexer.search.ranker import FEATURES, Ranker
from indexer.search.snapshot import Snapshot
from knowledge_base.store import KnowledgeBase

__all__ = ["Workspace", "open_workspace"]

# Training must not need what it makes.
_UNTRAINED = Ranker(np.ones(len(FEATURES), dtype=np.float32), 1.0)
_UNCALIBRATED = Calibration(np.ones(len(SHAPE) + 1), np.ones(len(SHAPE) + 1))


@dataclass(frozen=True)
class Workspace:
    """`source`: what the encoder was built from, as its manifest says."""

    encoder: Encoder
    source: str
    snapshot: Snapshot
    search: SearchService

    @staticmethod
    def say(text: str) -> None:
        sys.stdout.write(text + "\n")


def open_workspace(*, plain: bool = False) -> Workspace:
    """Indexes the shipped guides (not what staff published here), so that training gives the same product anywhere.

    With `plain`, by the encoder without its adapter.
    """
    settings = get_settings()
    folder = settings.home / "training" / ("plain" if plain else "adapted")
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("shipped.db*"):  # with its logs; an earlier version's tables need not fit
        left.unlink()
    database = Database(f"sqlite:///{folder / 'shipped.db'}")
    database.create_all()
    kb = KnowledgeBase(database)
    kb.load_shipped()
    encoder = load_encoder(settings, plain=plain)
    search = SearchService(kb, encoder, folder / "index", ranker=_UNTRAINED, calibration=_UNCALIBRATED)
    search.ensure_built()
    source = str(read_manifest(settings.encoder_dir).wanted.get("source", ""))
    return Workspace(encoder, source, search.snapshot, search)
