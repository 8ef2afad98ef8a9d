"""Vector index, lexical ranking, fusion and calibration behind one search service."""

from indexer.search.service import SearchService
from indexer.search.types import Decision, Entry, EntryKind, Hit, SearchResult

__all__ = ["Decision", "Entry", "EntryKind", "Hit", "SearchResult", "SearchService"]
