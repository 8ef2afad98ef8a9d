"""The knowledge base: guides with versions and a publication log, read through an in-memory snapshot.

Every replica follows the log: `revision()` says whether anything was published, `changes_since()` what.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from common.clock import local_date
from common.database import Database
from common.errors import InvalidInput, NotFound
from knowledge_base.catalogue import FACTS
from knowledge_base.loader import GUIDES_DIR
from knowledge_base.model import Guide, Level, Origin, Published
from knowledge_base.publishing import publish_in, withdraw_in
from knowledge_base.shipped import LoadReport, load_shipped
from knowledge_base.snapshot import Key, Page, Snapshot
from knowledge_base.tables import GuideVersion, PublicationEntry

__all__ = ["Change", "KnowledgeBase", "LoadReport", "Page", "PublishReport", "VersionInfo"]

_CHECK_EVERY_S = 0.5
_GENTLY = 20  # guides in one transaction of an import: some ten milliseconds
_REST, _LONGEST_REST_S = 3.0, 0.15  # times what it took, at most; a busy machine makes the import wait by itself


@dataclass(frozen=True)
class Change:
    """One line of the publication log."""

    revision: int
    code: str
    op: Literal["publish", "withdraw"]
    origin: Origin = Origin.CURATED


@dataclass(frozen=True)
class VersionInfo:
    """One version in a guide's history."""

    version: int
    origin: Origin
    author: str
    reason: str
    created_at: datetime
    reviewer: str = ""


@dataclass
class PublishReport:
    """Codes that got a new version and codes whose published text was the same already."""

    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


class KnowledgeBase:
    """Published guides of a database. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._snapshot = Snapshot(0, local_date(), {})
        self._checked_at = float("-inf")

    # Reading

    def get(self, code: str) -> Published | None:
        """The guide that counts today: curated over imported over catalogue. None when there is none."""
        return self.snapshot().current.get(code)

    def all(self) -> Sequence[Published]:
        """Every guide that counts today, one a code, by code."""
        return list(self.snapshot().current.values())

    def published(self, code: str, origin: Origin) -> Published | None:
        """What is published for one origin, whether or not it counts today."""
        return self.snapshot().published.get((code, origin))

    def at_version(self, code: str, version: int, origin: Origin | None = None) -> Published | None:
        """The text that was published as `version`, word for word; also after newer ones."""
        query = select(GuideVersion).where(GuideVersion.code == code, GuideVersion.version == version)
        if origin is not None:
            query = query.where(GuideVersion.origin == origin)
        with self._database.session(write=False) as session:
            row = session.scalar(query)
            return _published(row) if row else None

    def history(self, code: str) -> list[VersionInfo]:
        """All versions of a code, the newest first."""
        query = select(GuideVersion).where(GuideVersion.code == code).order_by(GuideVersion.version.desc())
        with self._database.session(write=False) as session:
            return [
                VersionInfo(row.version, Origin(row.origin), row.author, row.reason, row.created_at, row.reviewer)
                for row in session.scalars(query)
            ]

    def find(
        self,
        q: str | None = None,
        field: str | None = None,
        level: Level | str | None = None,
        page: int = 1,
        size: int = 20,
    ) -> Page:
        """Guides by words of name, short names or code (with or without diacritics), field and level.

        Raises InvalidInput for an unknown level or a page or size that isn't one.
        """
        if page < 1 or not 1 <= size <= 500:
            raise InvalidInput(f"page phải từ 1, size từ 1 đến 500; nhận được page={page}, size={size}", field="page")
        try:
            wanted = Level(level) if level else None
        except ValueError:
            known = ", ".join(Level)
            raise InvalidInput(f"level phải là một trong: {known}; nhận được {level}", field="level") from None
        return self.snapshot().find(q, field or None, wanted, page, size)

    def fields(self) -> list[tuple[str, int]]:
        """Fields of what counts today with their number of guides, the largest first."""
        return self.snapshot().fields()

    def stats(self) -> dict[str, Any]:
        """Counts for people and dashboards."""
        snapshot = self.snapshot()
        current = list(snapshot.current.values())
        with self._database.session(write=False) as session:
            versions = session.scalar(select(func.count()).select_from(GuideVersion)) or 0
        by_origin = {str(origin): sum(item.origin is origin for item in current) for origin in Origin}
        checked = [item.guide.checked_on for item in current if item.guide.checked_on]
        return {
            "revision": snapshot.revision,
            "procedures": len(current),
            "answered_from": by_origin,
            "published": {str(o): sum(key[1] is o for key in snapshot.published) for o in Origin},
            "versions": versions,
            "fields": len(snapshot.fields()),
            "with_fee": sum(any(fee.amount is not None for fee in item.guide.fee) for item in current),
            "with_time": sum(any(span.amount is not None for span in item.guide.time) for item in current),
            "oldest_check": min(checked).isoformat() if checked else None,
        }

    # The publication log

    def revision(self) -> int:
        """The number of the last publication or withdrawal; 0 before the first. Costs one small query.

        What is read afterwards is at least as new: who follows the log can't miss a text.
        """
        with self._database.session(write=False) as session:
            newest = session.scalar(select(func.max(PublicationEntry.id))) or 0
        if newest > self._snapshot.revision:
            self._reload()
        return newest

    def changes_since(self, revision: int) -> list[Change]:
        """What was published or withdrawn after `revision`, in order."""
        query = select(PublicationEntry).where(PublicationEntry.id > revision).order_by(PublicationEntry.id)
        with self._database.session(write=False) as session:
            return [
                Change(row.id, row.code, "publish" if row.op == "publish" else "withdraw", Origin(row.origin))
                for row in session.scalars(query)
            ]

    def publish(self, guide: Guide, origin: Origin, *, author: str, reason: str) -> Published:
        """Publishes a guide as the next version; the same text again stays the same version.

        Raises Conflict when somebody else published the same code at the same moment.
        """
        with self._database.session() as session:
            publish_in(session, [guide], origin, author=author, reason=reason)
        self._reload()
        published = self.published(guide.code, origin)
        if published is None:
            raise NotFound(f"thủ tục {guide.code} vừa bị người khác gỡ xuống")
        return published

    def publish_many(
        self, guides: Iterable[Guide], origin: Origin, *, author: str, reason: str
    ) -> PublishReport:
        """Publishes guides in one transaction: all or none; unchanged texts get no new version."""
        with self._database.session() as session:
            report = PublishReport(*publish_in(session, list(guides), origin, author=author, reason=reason))
        self._reload()
        return report

    def publish_gently(self, guides: Iterable[Guide], origin: Origin, *, author: str, reason: str) -> PublishReport:
        """The same in many small transactions with a rest after each, so that citizens' turns hardly wait for the
        database's write lock. What was published before an interruption stays; repeating it goes on from there."""
        report = PublishReport()
        for batch in _batched(guides):
            started = time.perf_counter()
            with self._database.session() as session:
                changed, unchanged = publish_in(session, batch, origin, author=author, reason=reason)
            report.changed += changed
            report.unchanged += unchanged
            if changed:
                self._database.checkpoint()
                time.sleep(min(_REST * (time.perf_counter() - started), _LONGEST_REST_S))
        self._reload()
        return report

    def withdraw(self, code: str, origin: Origin, *, author: str, reason: str) -> None:
        """Takes a guide out of use; its versions stay. Raises NotFound when it isn't published."""
        with self._database.session() as session:
            if not withdraw_in(session, [code], origin, author=author, reason=reason):
                raise NotFound(f"không có hướng dẫn {code} ({origin}) đang công bố")
        self._reload()

    def load_shipped(
        self,
        progress: Callable[[int, int], None] | None = None,
        *,
        guides_dir: Path = GUIDES_DIR,
        facts: Path = FACTS,
    ) -> LoadReport:
        """Loads the guides and facts that come with iSee; see `shipped.load_shipped`."""
        report = load_shipped(self._database, progress, guides_dir=guides_dir, facts=facts)
        self._reload()
        return report

    # The snapshot

    def snapshot(self) -> Snapshot:
        """The published guides as of now; the log is looked at twice a second at most."""
        if not self._stale():
            return self._snapshot
        # While somebody else is looking, others take what there is, unless there is nothing or it is yesterday's.
        if self._lock.acquire(blocking=self._checked_at < 0 or self._snapshot.day != local_date()):
            try:
                if self._stale():
                    self._look()
            finally:
                self._lock.release()
        return self._snapshot

    def _stale(self) -> bool:
        return time.monotonic() - self._checked_at >= _CHECK_EVERY_S or self._snapshot.day != local_date()

    def _reload(self) -> None:
        """Looks at the log now, so that who has just published reads what they wrote."""
        with self._lock:
            self._look()

    def _look(self) -> None:
        asked_at = time.monotonic()
        self._snapshot = self._refreshed(self._snapshot)
        self._checked_at = asked_at

    def _refreshed(self, old: Snapshot) -> Snapshot:
        today = local_date()
        with self._database.session(write=False) as session:
            revision = session.scalar(select(func.max(PublicationEntry.id))) or 0
            if revision == old.revision:
                return old if old.day == today else Snapshot(revision, today, old.published)
            return old.moved(revision, today, _changes(session, old.revision, revision))


def _batched(guides: Iterable[Guide]) -> Iterator[list[Guide]]:
    waiting = iter(guides)
    while batch := list(islice(waiting, _GENTLY)):
        yield batch


def _changes(session: Session, after: int, until: int) -> list[tuple[Key, Published | None]]:
    """The last state of every guide that the log names between two revisions."""
    last = (
        select(func.max(PublicationEntry.id))
        .where(PublicationEntry.id > after, PublicationEntry.id <= until)
        .group_by(PublicationEntry.code, PublicationEntry.origin)
    )
    query = (
        select(PublicationEntry.op, GuideVersion)
        .join(
            GuideVersion,
            (GuideVersion.code == PublicationEntry.code) & (GuideVersion.version == PublicationEntry.version),
        )
        .where(PublicationEntry.id.in_(last))
    )
    return [
        ((row.code, Origin(row.origin)), _published(row) if op == "publish" else None)
        for op, row in session.execute(query)
    ]


def _published(row: GuideVersion) -> Published:
    return Published(guide=Guide.model_validate(row.payload), origin=Origin(row.origin), version=row.version)
