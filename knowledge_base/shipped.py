"""Loads what comes with iSee into the database: curated guides and the facts of the catalogue.

Loading again costs two digests. A guide that staff have changed or withdrawn is theirs: a new shipped text
of it is reported, not published. Phrasings that staff added or took out are kept over a new text (`keeping`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from common.database import Database
from common.errors import InvalidGuide
from knowledge_base.catalogue import FACTS, catalogue_codes, load_facts, undecided_codes
from knowledge_base.keeping import staff_phrasings_kept
from knowledge_base.loader import GUIDES_DIR
from knowledge_base.model import Guide, Origin
from knowledge_base.phrasing import PHRASINGS_DIR, with_phrasings
from knowledge_base.publishing import (
    State,
    guide_payload,
    lock_log,
    payload_checksum,
    publish_in,
    published_states,
    withdraw_in,
)
from knowledge_base.tables import GuideVersion, PublicationEntry, ShippedSource
from knowledge_base.validator import validate_tree

__all__ = ["SHIPPED_AUTHOR", "LoadReport", "load_shipped"]

SHIPPED_AUTHOR = "isee"
_REASON = "shipped with iSee"
_PHRASINGS_KEPT = "cách hỏi do cán bộ thêm, giữ lại trên bản mới"
# Part of the digests: how files are read. Raise it when a reader's change must load them anew.
_READER = b"1"

Progress = Callable[[int, int], None]


@dataclass
class LoadReport:
    """What loading did: published and withdrawn codes, guides kept as staff left them, broken files."""

    published: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    errors: list[InvalidGuide] = field(default_factory=list)
    skipped: bool = True

    @property
    def problems(self) -> list[InvalidGuide]:
        """What a person should mend: the broken files, each with line and field."""
        return self.errors


def load_shipped(
    database: Database, progress: Progress | None = None, *, guides_dir: Path = GUIDES_DIR, facts: Path = FACTS
) -> LoadReport:
    """Publishes shipped guides and facts that changed since the last time; never stops at a broken file."""
    report = LoadReport()
    phrasings, guides_files = sorted(PHRASINGS_DIR.glob("*.yml")), sorted(guides_dir.rglob("*.y*ml"))
    sources = [
        ("catalogue", _digest([facts, *phrasings]), lambda: load_facts(facts), Origin.CATALOGUE),
        ("guides", _digest([*guides_files, *phrasings]), lambda: _sound(guides_dir, report), Origin.CURATED),
    ]
    for done, (name, digest, read, origin) in enumerate(sources):
        if progress:
            progress(done, len(sources))
        if not _loaded(database, name, digest):
            report.skipped = False
            guides = read()
            broken = bool(report.errors)
            with database.session() as session:
                _publish(session, guides, origin, report, complete=not broken)
                if not broken:
                    session.merge(ShippedSource(name=name, digest=digest))
    if progress:
        progress(len(sources), len(sources))
    return report


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256(_READER)
    for path in paths:
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _loaded(database: Database, name: str, digest: str) -> bool:
    with database.session(write=False) as session:
        source = session.get(ShippedSource, name)
        return source is not None and source.digest == digest


def _sound(guides_dir: Path, report: LoadReport) -> list[Guide]:
    if not guides_dir.is_dir():
        return []
    checked = validate_tree(guides_dir, known_codes=catalogue_codes(), undecided=undecided_codes())
    report.errors.extend(checked.errors)
    return [with_phrasings(guide) for guide in checked.guides]


def _publish(session: Session, guides: list[Guide], origin: Origin, report: LoadReport, *, complete: bool) -> None:
    """Publishes what is new in the shipped texts; withdraws what is shipped no longer (if all could be read)."""
    lock_log(session)
    states = published_states(session, origin)
    shipped = _last_shipped(session, origin)
    refused = _withdrawn_by_staff(session, origin)
    fresh: list[Guide] = []
    phrased: list[tuple[Guide, State]] = []
    for guide in guides:
        state = states.get(guide.code)
        theirs = guide.code in refused if state is None else state.author != SHIPPED_AUTHOR
        if not theirs:
            fresh.append(guide)
        elif shipped.get(guide.code) != payload_checksum(guide_payload(guide)):
            kept = state and staff_phrasings_kept(session, guide, origin, state.version, SHIPPED_AUTHOR)
            if not state or not kept:
                report.kept.append(guide.code)
                continue
            # Both texts become versions: the next new text is again compared with what was shipped.
            fresh.append(guide)
            phrased.append((kept, state))
    report.published += publish_in(session, fresh, origin, author=SHIPPED_AUTHOR, reason=_REASON)[0]
    for guide, state in phrased:
        publish_in(session, [guide], origin, author=state.author, reason=_PHRASINGS_KEPT)
    if complete:
        here = {guide.code for guide in guides}
        gone = [code for code, state in states.items() if code not in here and state.author == SHIPPED_AUTHOR]
        report.withdrawn += withdraw_in(session, gone, origin, author=SHIPPED_AUTHOR, reason="no longer shipped")


def _last_shipped(session: Session, origin: Origin) -> dict[str, str]:
    """By code, the checksum of the newest text that was shipped, whatever staff did since."""
    query = (
        select(GuideVersion.code, GuideVersion.checksum)
        .where(GuideVersion.origin == str(origin), GuideVersion.author == SHIPPED_AUTHOR)
        .order_by(GuideVersion.version)
    )
    return dict(session.execute(query).all())


def _withdrawn_by_staff(session: Session, origin: Origin) -> set[str]:
    last = (
        select(func.max(PublicationEntry.id))
        .where(PublicationEntry.origin == str(origin))
        .group_by(PublicationEntry.code)
    )
    query = select(PublicationEntry.code).where(
        PublicationEntry.id.in_(last), PublicationEntry.op == "withdraw", PublicationEntry.author != SHIPPED_AUTHOR
    )
    return set(session.scalars(query))
