"""The services of drafting, put together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from common.database import Database
from knowledge_base.drafting.drafts import Drafts
from knowledge_base.drafting.exporting import Exporting
from knowledge_base.drafting.findings import Judge
from knowledge_base.drafting.imports import Imports
from knowledge_base.drafting.listing import Listing
from knowledge_base.drafting.publication import Publication
from knowledge_base.store import KnowledgeBase

__all__ = ["Drafting", "build_drafting"]


@dataclass(frozen=True)
class Drafting:
    """Everything that curators do with guides."""

    kb: KnowledgeBase
    judge: Judge
    drafts: Drafts
    publication: Publication
    listing: Listing
    imports: Imports
    exporting: Exporting


def build_drafting(
    database: Database,
    kb: KnowledgeBase,
    home: Path,
    forms: Collection[str] | None = None,
    failing: Callable[[], Mapping[str, int]] = dict,
) -> Drafting:
    """Drafting over a knowledge base. `home` keeps uploads, `forms` are the e-forms that exist, `failing` tells how
    many golden questions each guide fails."""
    judge, drafts = Judge(forms), Drafts(database, kb)
    return Drafting(
        kb, judge, drafts, Publication(database, kb, drafts, judge), Listing(kb, drafts, failing),
        Imports(database, kb, home / "imports"), Exporting(database))
